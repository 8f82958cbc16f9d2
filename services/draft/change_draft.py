"""Change a draft: it is priced anew."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.draft.price_draft import price_draft
from services.draft.rows import current_draft, customer_of, lock_draft
from services.draft.rules import DraftWish, check_draft
from services.draft.views import DraftView
from services.money.charging import charging_of
from services.shared.asked import Asked
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again

OPERATION: Final = "changeDraftOrder"


async def change_draft(infra: Infra, draft_id: UUID, version: int, wish: DraftWish, asked: Asked) -> DraftView:
    """Make the draft what is given, whole. Of two who change one version one wins.

    Errors: InvalidInput, NotFound, StaleVersion, IdempotencyConflict, TryAgain.
    """
    check_draft(wish, charging_of(infra.settings))
    request = Request.of(asked.by, OPERATION, asked.key, draft_id.hex, version, repr(wish))
    with or_try_again():
        document = await price_draft(infra, wish)

    async def work(session: AsyncSession) -> None:
        row = await lock_draft(session, draft_id, version)
        customer = await customer_of(session, infra, wish)
        row.customer_id, row.currency, row.data = customer.id, wish.currency, document.to_json()
        row.total, row.version, row.updated_at = document.charges.total, version + 1, infra.now()
        row.actor = asked.actor

    await do_once(infra, request, draft_id, work)
    return await current_draft(infra, draft_id)
