"""Cancel an order of which nothing is shipped, by its customer or by staff."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Order, OrderStatus
from models.order_document import OrderView
from services.order.close_orders import Closing, close_orders, release_closed
from services.order.find_orders import find_order
from services.order.persist_first import may_still_arrive, persist_first
from services.reservation.release import ItemOrders
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, TryAgain
from services.shared.fingerprint import key_problem
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again
from services.shared.texts import text_problem

OPERATION = "cancelOrder"
MAX_REASON = 500
_SOURCES = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``customer_id`` is who asks; ``any_owner`` is for staff. ``actor``: how the history names them."""

    customer_id: UUID
    order_id: UUID
    reason: str | None
    idempotency_key: str
    any_owner: bool = False
    actor: str | None = None


async def cancel_order(infra: Infra, wish: Cancellation) -> OrderView:
    """Returns the order, CANCELLED, or as it is now when the key cancelled it earlier.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    _check_cancellation(wish)
    owner = None if wish.any_owner else wish.customer_id
    looked = False
    try:
        with or_try_again():
            looked = await persist_first(infra, wish.customer_id, wish.order_id)
            released = await _cancel(infra, wish, owner)
            await release_closed(infra, released)
            found = await find_order(infra, wish.order_id, owner)
    except NotFound as error:
        if not looked or await may_still_arrive(infra, wish.order_id, owner):
            raise TryAgain from error
        raise
    if found is None:
        raise NotFound("There is no such order.")
    return found


def _check_cancellation(wish: Cancellation) -> None:
    problem = key_problem(wish.idempotency_key)
    if problem:
        raise InvalidInput.at("idempotencyKey", message=problem)
    problem = None if wish.reason is None else text_problem(wish.reason, MAX_REASON)
    if problem:
        raise InvalidInput.at("reason", message=problem)


async def _cancel(infra: Infra, wish: Cancellation, owner: UUID | None) -> ItemOrders:
    request = Request.of(wish.customer_id, OPERATION, wish.idempotency_key, wish.order_id.hex, wish.reason)
    released: ItemOrders = {}

    async def work(session: AsyncSession) -> None:
        released.clear()
        await _require_owner(session, wish.order_id, owner)
        closing = Closing(
            OrderStatus.CANCELLED, wish.actor or f"user:{wish.customer_id.hex}", wish.reason, _SOURCES
        )
        closed = await close_orders(session, [wish.order_id], closing, infra.now())
        released.update(closed)
        if not closed:
            await _require_cancelled(session, wish.order_id)

    await do_once(infra, request, wish.order_id, work)
    return released


async def _require_owner(session: AsyncSession, order_id: UUID, owner: UUID | None) -> None:
    found = await session.scalar(select(Order.customer_id).where(Order.id == order_id))
    if found is None or (owner is not None and found != owner):
        raise NotFound("There is no such order.")


async def _require_cancelled(session: AsyncSession, order_id: UUID) -> None:
    """Cancelled already is what was asked for; any other state cannot be left this way."""
    status = await session.scalar(select(Order.status).where(Order.id == order_id))
    if status != OrderStatus.CANCELLED:
        raise InvalidTransition(str(status), OrderStatus.CANCELLED)
