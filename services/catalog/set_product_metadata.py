"""Set metadata of a product or of one of its variants: a change of the product, as any other."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Variant
from models.enums import MetadataOwner
from services.catalog.change_product import lock_product
from services.catalog.write_index import write_index
from services.metadata.rules import MetadataWish, changed
from services.metadata.views import defined_for
from services.shared.asked import Asked
from services.shared.errors import NotFound
from services.shared.idempotency import Request, do_once


async def set_product_metadata(infra: Infra, product_id: UUID, wish: MetadataWish, asked: Asked) -> None:
    """Errors: InvalidInput, NotFound, IdempotencyConflict, TryAgain."""
    await _set(infra, MetadataOwner.PRODUCT, product_id, wish, asked)


async def set_variant_metadata(infra: Infra, variant_id: UUID, wish: MetadataWish, asked: Asked) -> None:
    """Errors: as ``set_product_metadata``."""
    await _set(infra, MetadataOwner.VARIANT, variant_id, wish, asked)


async def _set(infra: Infra, owner: MetadataOwner, owner_id: UUID, wish: MetadataWish, asked: Asked) -> None:
    wish.check_size()

    async def work(session: AsyncSession) -> None:
        stored = await lock_product(session, await _product_of(session, owner, owner_id))
        row = stored.product if owner is MetadataOwner.PRODUCT else stored.variant(owner_id)
        after = changed(row.meta or {}, wish, await defined_for(session, owner))
        if after == (row.meta or {}):
            return
        row.meta = after or None
        stored.settle(infra.now())
        await write_index(session, [stored.document()])

    request = Request.of(asked.by, "setMetadata", asked.key, owner, owner_id.hex, *wish.parts)
    await do_once(infra, request, owner_id, work)


async def _product_of(session: AsyncSession, owner: MetadataOwner, owner_id: UUID) -> UUID:
    if owner is MetadataOwner.PRODUCT:
        return owner_id
    found = await session.scalar(select(Variant.product_id).where(Variant.id == owner_id))
    if found is None:
        raise NotFound("There is no such variant.")
    return found
