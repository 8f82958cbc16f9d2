"""A shipped order has arrived, and nothing more is to be done."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.order.rows import current_view, move, note
from services.shared.asked import Asked
from services.shared.events import OrderCompleted
from services.shared.idempotency import Request, do_once
from services.shared.tell import tell

OPERATION = "completeOrder"


async def complete_order(infra: Infra, order_id: UUID, asked: Asked) -> OrderView:
    """Complete an order: SHIPPED -> COMPLETED.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    request = Request.of(asked.by, OPERATION, asked.key, order_id.hex)

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        if await move(session, order_id, OrderStatus.COMPLETED, now):
            await note(session, order_id, OrderStatus.COMPLETED, asked.actor, now)
            await tell(session, now, OrderCompleted(order_id))

    await do_once(infra, request, order_id, work)
    return await current_view(infra, order_id)
