"""Change what a price list is called, whom it is open to and when it holds."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.audit.record import record
from services.price_list.rows import lock_list, set_groups
from services.price_list.rules import ListDraft, checked_list
from services.price_list.views import ListView, current_list
from services.shared.patience import or_try_again, transact_for_request


async def change_price_list(infra: Infra, list_id: UUID, version: int, wish: ListDraft, by: UUID) -> ListView:
    """Change a list, for whoever asks from then on. Of two who change one version one wins.

    Errors: InvalidInput, NotFound, StaleVersion, TryAgain.
    """
    draft = checked_list(wish)

    async def work(session: AsyncSession) -> None:
        row = await lock_list(session, list_id, version)
        row.name, row.starts_at, row.ends_at = draft.name, draft.starts_at, draft.ends_at
        row.version += 1
        await set_groups(session, list_id, draft.group_ids)
        record(session, "price_list.changed", now=infra.now(), subject=list_id, actor=by)

    with or_try_again():
        await transact_for_request(infra, work)
        return await current_list(infra, list_id)
