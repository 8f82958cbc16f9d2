"""Cancel an order, or what is not shipped of it, by its customer or by staff."""

from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus
from models.order_document import OrderView
from services.money.charging import charging_of
from services.order.close_orders import Closing, close_orders, release_closed
from services.order.close_rest import ClosingRest, close_rest
from services.order.find_orders import find_order
from services.order.persist_first import may_still_arrive, persist_first
from services.reservation.release import ItemOrders, settle_holds
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, TryAgain
from services.shared.fingerprint import key_problem
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again
from services.shared.texts import text_problem

OPERATION = "cancelOrder"
MAX_REASON = 500
_SOURCES = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
_SENT = (OrderStatus.SHIPPED, OrderStatus.COMPLETED)


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
    """Cancel an order. Of one that is shipped in part the rest is cancelled, and it is SHIPPED then.

    Returns the order, or as it is now when the key cancelled it earlier.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    _check_cancellation(wish)
    owner = None if wish.any_owner else wish.customer_id
    looked = False
    try:
        with or_try_again():
            looked = await persist_first(infra, wish.customer_id, wish.order_id)
            cancelled = await _cancel(infra, wish, owner)
            await release_closed(infra, cancelled.released)
            with suppress(StoreUnavailable):
                # What fails here is done again by the worker that reads the order's event.
                await settle_holds(infra, cancelled.dropped)
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


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """What Redis is told: holds whose units it takes back, and those that it drops."""

    released: ItemOrders = field(default_factory=dict)
    dropped: ItemOrders = field(default_factory=dict)


async def _cancel(infra: Infra, wish: Cancellation, owner: UUID | None) -> _Cancelled:
    request = Request.of(wish.customer_id, OPERATION, wish.idempotency_key, wish.order_id.hex, wish.reason)
    done = [_Cancelled()]

    async def work(session: AsyncSession) -> None:
        done[0] = _Cancelled()
        await _require_owner(session, wish.order_id, owner)
        done[0] = await _close(session, infra, wish)

    await do_once(infra, request, wish.order_id, work)
    return done[0]


async def _close(session: AsyncSession, infra: Infra, wish: Cancellation) -> _Cancelled:
    """Errors: InvalidTransition."""
    actor, now = wish.actor or f"user:{wish.customer_id.hex}", infra.now()
    closing = Closing(OrderStatus.CANCELLED, actor, wish.reason, _SOURCES)
    closed = await close_orders(session, [wish.order_id], closing, now)
    currency = await session.scalar(select(Order.currency).where(Order.id == wish.order_id))
    step = charging_of(infra.settings).step(str(currency))
    # One that is PAID still is shipped in part: all others were closed.
    rest = ClosingRest(OrderStatus.SHIPPED, actor, wish.reason, step)
    dropped = await close_rest(session, wish.order_id, rest, now)
    if dropped is None and not closed:
        await _require_cancelled(session, wish.order_id)
    return _Cancelled(closed, dropped or {})


async def _require_owner(session: AsyncSession, order_id: UUID, owner: UUID | None) -> None:
    found = await session.scalar(select(Order.customer_id).where(Order.id == order_id))
    if found is None or (owner is not None and found != owner):
        raise NotFound("There is no such order.")


async def _require_cancelled(session: AsyncSession, order_id: UUID) -> None:
    """Cancelled already, or the rest of it, is what was asked for; any other state cannot be left this way."""
    status = await session.scalar(select(Order.status).where(Order.id == order_id))
    if status == OrderStatus.CANCELLED:
        return
    unsent = select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.shipped < OrderLine.quantity)
    if status not in _SENT or await session.scalar(unsent.limit(1)) is None:
        raise InvalidTransition(str(status), OrderStatus.CANCELLED)
