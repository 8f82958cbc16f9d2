"""Cancel an order, or what is not shipped of it, by its customer or by staff."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
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
from services.order.rows import NO_ORDER
from services.reservation.release import ItemOrders, settle_holds
from services.shared.errors import (
    InvalidInput,
    InvalidTransition,
    NotFound,
    ServiceError,
    TryAgain,
)
from services.shared.fingerprint import key_problem
from services.shared.idempotency import GroupKeys, Request, recall_all, remember, transact_with_keys
from services.shared.patience import ask_together, or_try_again
from services.shared.texts import text_problem

OPERATION = "cancelOrder"
MAX_REASON = 500
_SOURCES = (OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
_SENT = (OrderStatus.SHIPPED, OrderStatus.COMPLETED)
_KIND: Final = "cancellations"


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
    request = Request.of(wish.customer_id, OPERATION, wish.idempotency_key, wish.order_id.hex, wish.reason)
    owner = None if wish.any_owner else wish.customer_id
    asked = _Asked(wish, request, owner)
    looked = False
    try:
        with or_try_again():
            looked = await persist_first(infra, wish.customer_id, wish.order_id)
            await ask_together(infra, _KIND, partial(_cancel_together, infra), asked)
            found = await find_order(infra, wish.order_id, owner)
    except NotFound as error:
        if not looked or await may_still_arrive(infra, wish.order_id, owner):
            raise TryAgain from error
        raise
    if found is None:
        raise NotFound(NO_ORDER)
    return found


def _check_cancellation(wish: Cancellation) -> None:
    problem = key_problem(wish.idempotency_key)
    if problem:
        raise InvalidInput.at("idempotencyKey", message=problem)
    problem = None if wish.reason is None else text_problem(wish.reason, MAX_REASON)
    if problem:
        raise InvalidInput.at("reason", message=problem)


@dataclass(frozen=True, slots=True)
class _Asked:
    """``owner``: whose the order has to be; None for staff."""

    wish: Cancellation
    request: Request
    owner: UUID | None

    @property
    def by(self) -> tuple[str, str | None]:
        """Returns the actor and the reason."""
        return self.wish.actor or f"user:{self.wish.customer_id.hex}", self.wish.reason

    def is_own(self, orders: "_Orders") -> bool:
        found = orders.get(self.wish.order_id)
        return found is not None and self.owner in (None, found[0])


_Orders = Mapping[UUID, tuple[UUID, str]]
"""The customer and the currency of each."""


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """Why orders could not be cancelled, None for those that are; and what Redis is told: holds whose units it
    takes back, and those that it drops."""

    refusals: Mapping[UUID, ServiceError | None] = field(default_factory=dict)
    released: ItemOrders = field(default_factory=dict)
    dropped: ItemOrders = field(default_factory=dict)


async def _cancel_together(infra: Infra, asked: Sequence[_Asked]) -> list[Exception | None]:
    answers, cancelled = await transact_with_keys(infra, lambda session: _cancel(session, infra, asked))
    await release_closed(infra, cancelled.released)
    with suppress(StoreUnavailable):
        # What fails here is done again by the worker that reads the order's event.
        await settle_holds(infra, cancelled.dropped)
    return answers


async def _cancel(
    session: AsyncSession, infra: Infra, asked: Sequence[_Asked]
) -> tuple[list[Exception | None], _Cancelled]:
    """Of several who ask for one order the first one's reason is written down."""
    earlier = await recall_all(session, [one.request for one in asked])
    fresh = [one for one in asked if one.request not in earlier]
    orders = await _find(session, {one.wish.order_id for one in fresh}) if fresh else {}
    first = {one.wish.order_id: one for one in reversed(fresh) if one.is_own(orders)}
    cancelled = await _close(session, infra, first, orders) if first else _Cancelled()
    done = GroupKeys[UUID]()
    answers = [earlier.get(one.request) or _answer(one, orders, cancelled, done) for one in asked]
    await remember(session, done.results, infra.now())
    return [answer if isinstance(answer, Exception) else None for answer in answers], cancelled


async def _find(session: AsyncSession, order_ids: Collection[UUID]) -> _Orders:
    wanted = select(Order.id, Order.customer_id, Order.currency).where(Order.id.in_(order_ids))
    return {row[0]: (row[1], row[2]) for row in await session.execute(wanted)}


def _answer(one: _Asked, orders: _Orders, cancelled: _Cancelled, done: GroupKeys[UUID]) -> UUID | Exception | None:
    """Errors are not remembered: with its key the same may be asked again."""
    if (before := done.find(one.request)) is not None:
        return before
    if not one.is_own(orders):
        return NotFound(NO_ORDER)
    if (refusal := cancelled.refusals[one.wish.order_id]) is None:
        done.note(one.request, one.wish.order_id)
    return refusal


async def _close(session: AsyncSession, infra: Infra, asked: Mapping[UUID, _Asked], orders: _Orders) -> _Cancelled:
    now, by = infra.now(), {order_id: one.by for order_id, one in asked.items()}
    closing = Closing(OrderStatus.CANCELLED, OPERATION, None, _SOURCES, by)
    released = await close_orders(session, list(asked), closing, now)
    refusals: dict[UUID, ServiceError | None] = {}
    dropped: dict[tuple[str, UUID], list[UUID]] = defaultdict(list)
    after = await session.execute(select(Order.id, Order.status).where(Order.id.in_(asked)))
    for order_id, status in after.all():
        if status == OrderStatus.PAID:  # still: it is shipped in part
            step = charging_of(infra.settings).step(orders[order_id][1])
            rest = ClosingRest(OrderStatus.SHIPPED, *by[order_id], step)
            for item in await close_rest(session, order_id, rest, now) or ():
                dropped[item].append(order_id)
        refusals[order_id] = None if status == OrderStatus.PAID else await _refusal(session, order_id, status)
    return _Cancelled(refusals, released, dropped)


async def _refusal(session: AsyncSession, order_id: UUID, status: str) -> InvalidTransition | None:
    """Cancelled already, or the rest of it, is what was asked for; any other state cannot be left this way."""
    if status == OrderStatus.CANCELLED:
        return None
    unsent = select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.unsent > 0)
    if status in _SENT and await session.scalar(unsent.limit(1)) is not None:
        return None
    return InvalidTransition(status, OrderStatus.CANCELLED)
