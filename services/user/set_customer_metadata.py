"""Set metadata of a customer."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.enums import MetadataOwner
from services.audit.record import record
from services.metadata.rows import write_entries
from services.metadata.rules import MetadataWish, changed
from services.metadata.views import defined_for
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once
from services.user.rows import lock_account


async def set_customer_metadata(infra: Infra, user_id: UUID, wish: MetadataWish, asked: Asked) -> None:
    """Errors: InvalidInput, NotFound, IdempotencyConflict, TryAgain."""
    wish.check_size()

    async def work(session: AsyncSession) -> None:
        user = await lock_account(session, user_id)
        before = user.meta or {}
        after = changed(before, wish, await defined_for(session, MetadataOwner.CUSTOMER))
        if after == before:
            return
        user.meta = after or None
        await write_entries(session, user_id, before, after)
        record(session, "customer.changed", now=infra.now(), subject=user_id, actor=asked.by)

    parts = (MetadataOwner.CUSTOMER, user_id.hex, *wish.parts)
    await do_once(infra, Request.of(asked.by, "setMetadata", asked.key, *parts), user_id, work)
