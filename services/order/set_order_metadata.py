"""Set metadata of an order."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order
from models.enums import MetadataOwner
from services.metadata.rows import write_entries
from services.metadata.rules import MetadataWish, changed
from services.metadata.views import defined_for
from services.order.rows import NO_ORDER
from services.shared.asked import Asked
from services.shared.errors import NotFound
from services.shared.idempotency import Request, do_once


async def set_order_metadata(infra: Infra, order_id: UUID, wish: MetadataWish, asked: Asked) -> None:
    """Set it, of an order in the database. Errors: InvalidInput, NotFound, IdempotencyConflict, TryAgain."""
    wish.check_size()

    async def work(session: AsyncSession) -> None:
        order = await session.get(Order, order_id, with_for_update=True, populate_existing=True)
        if order is None:
            raise NotFound(NO_ORDER)
        before = order.meta or {}
        after = changed(before, wish, await defined_for(session, MetadataOwner.ORDER))
        if after == before:
            return
        order.meta = after or None
        await write_entries(session, order_id, before, after)

    parts = (MetadataOwner.ORDER, order_id.hex, *wish.parts)
    await do_once(infra, Request.of(asked.by, "setMetadata", asked.key, *parts), order_id, work)
