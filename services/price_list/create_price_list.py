"""Make a price list, which has no price yet."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import PriceList
from services.audit.record import record
from services.price_list.rows import set_groups
from services.price_list.rules import MOST_LISTS, ListDraft, checked_list
from services.price_list.views import ListView, current_list
from services.shared.asked import Asked
from services.shared.errors import InvalidInput
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again

OPERATION: Final = "createPriceList"


async def create_price_list(infra: Infra, wish: ListDraft, asked: Asked) -> ListView:
    """Errors: InvalidInput, IdempotencyConflict, NotFound (deleted since), TryAgain."""
    draft, list_id = checked_list(wish), new_id()

    async def work(session: AsyncSession) -> None:
        if (await session.scalar(select(func.count()).select_from(PriceList)) or 0) >= MOST_LISTS:
            raise InvalidInput.at("name", message=f"there are at most {MOST_LISTS} price lists")
        row = PriceList(
            id=list_id,
            name=draft.name,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            version=1,
            created_at=infra.now(),
        )
        session.add(row)
        await session.flush()
        await set_groups(session, list_id, draft.group_ids)
        record(session, "price_list.created", now=infra.now(), subject=list_id, actor=asked.by)

    made = await do_once(infra, Request.of(asked.by, OPERATION, asked.key, repr(draft)), list_id, work)
    with or_try_again():
        return await current_list(infra, made)
