"""Make a draft of an order for a customer."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DraftOrder
from services.draft.price_draft import price_draft
from services.draft.rows import current_draft, customer_of
from services.draft.rules import DraftWish, check_draft
from services.draft.views import DraftView
from services.money.charging import charging_of
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again

OPERATION: Final = "createDraftOrder"


async def create_draft(infra: Infra, wish: DraftWish, asked: Asked) -> DraftView:
    """Make a draft, which holds no stock and no use of a code; its prices stand.

    Errors: InvalidInput, IdempotencyConflict, TryAgain.
    """
    check_draft(wish, charging_of(infra.settings))
    request = Request.of(asked.by, OPERATION, asked.key, repr(wish))
    with or_try_again():
        document = await price_draft(infra, wish)
    draft_id, now = new_id(), infra.now()

    async def work(session: AsyncSession) -> None:
        customer = await customer_of(session, infra, wish)
        row = DraftOrder(
            id=draft_id,
            customer_id=customer.id,
            currency=wish.currency,
            total=document.charges.total,
            data=document.to_json(),
            version=1,
            actor=asked.actor,
            created_at=now,
            updated_at=now,
        )
        session.add(row)

    made = await do_once(infra, request, draft_id, work)
    return await current_draft(infra, made)
