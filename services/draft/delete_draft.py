"""Delete a draft, and what was made of it as long as that is not paid."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order, OrderLink, OrderStatus
from services.draft.rows import lock_any_draft
from services.order.close_orders import Closing, close_orders, release_closed
from services.reservation.release import ItemOrders
from services.shared.asked import Asked, check_fields
from services.shared.errors import InvalidTransition
from services.shared.idempotency import Request, do_once
from services.shared.order_states import GIVEN_BACK
from services.shared.texts import text_problem

OPERATION: Final = "deleteDraftOrder"
_MAX_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class DraftDeletion:
    draft_id: UUID
    version: int
    reason: str | None = None


async def delete_draft(infra: Infra, wish: DraftDeletion, asked: Asked) -> None:
    """Delete a draft, once a key. An order that was made of it is cancelled if it is unpaid, with its stock given
    back; its secret links are forgotten.

    Errors: InvalidInput, NotFound, StaleVersion, InvalidTransition (it is paid), IdempotencyConflict, TryAgain.
    """
    check_fields(reason=None if wish.reason is None else text_problem(wish.reason, _MAX_REASON))
    request = Request.of(asked.by, OPERATION, asked.key, wish.draft_id.hex, wish.version, wish.reason)
    released: ItemOrders = {}

    async def work(session: AsyncSession) -> None:
        released.clear()
        draft = await lock_any_draft(session, wish.draft_id, wish.version)
        if draft.order_id is not None:
            released.update(await _void(session, infra, draft.order_id, wish, asked))
        await session.delete(draft)

    await do_once(infra, request, wish.draft_id, work)
    await release_closed(infra, released)


async def _void(
    session: AsyncSession, infra: Infra, order_id: UUID, wish: DraftDeletion, asked: Asked
) -> ItemOrders:
    """Errors: InvalidTransition."""
    closing = Closing(OrderStatus.CANCELLED, asked.actor, wish.reason)
    released = await close_orders(session, [order_id], closing, infra.now())
    status = await session.scalar(select(Order.status).where(Order.id == order_id))
    if status is not None and status not in GIVEN_BACK:
        raise InvalidTransition(OrderStatus(status), OrderStatus.CANCELLED)
    await session.execute(delete(OrderLink).where(OrderLink.order_id == order_id))
    return released
