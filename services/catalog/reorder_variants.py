"""Put a product's variants in another order."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.documents import ProductDoc
from services.catalog.change_product import Based, change_product
from services.catalog.stored_product import StoredProduct
from services.shared.errors import InvalidInput


async def reorder_variants(infra: Infra, on: Based, variant_ids: Sequence[UUID]) -> ProductDoc:
    """Put a product's variants in order. ``variant_ids``: all that are not archived, each once; the archived ones
    go behind them.

    Errors: NotFound, StaleVersion, InvalidInput, StoreUnavailable.
    """

    async def work(_session: AsyncSession, stored: StoredProduct) -> bool:
        _require_all(stored, variant_ids)
        places = {variant_id: place for place, variant_id in enumerate(variant_ids)}
        archived = [variant.id for variant in stored.variants if variant.archived_at is not None]
        places |= {variant_id: len(places) + place for place, variant_id in enumerate(archived)}
        moved = [variant for variant in stored.variants if variant.position != places[variant.id]]
        for variant in moved:
            variant.position = places[variant.id]
        return bool(moved)

    return await change_product(infra, on, work)


def _require_all(stored: StoredProduct, variant_ids: Sequence[UUID]) -> None:
    live = {variant.id for variant in stored.live_variants}
    if len(variant_ids) != len(live) or set(variant_ids) != live:
        message = f"must be all {len(live)} variants of the product that are not archived, each once"
        raise InvalidInput.at("variantIds", message=message)
