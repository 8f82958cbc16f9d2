"""Make an order's live payment, or find it: those of many customers in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id, spoken_number
from infra.runtime import Infra
from models import OrderStatus, Payment, PaymentStatus
from models.order_document import OrderSnapshot
from services.money.charging import multiple
from services.order.persist_orders import Persisted, persist
from services.order.rows import NO_ORDER
from services.payment import manual
from services.payment.provider import Provider
from services.payment.rows import LockedOrder, lock_live, lock_orders
from services.payment.rules import FIRST_CHECK
from services.payment.views import payment_event
from services.reservation.release import confirm
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, ServiceError
from services.shared.idempotency import GroupKeys, Request, recall_all, remember, transact_with_keys
from services.shared.patience import ask_together
from services.shared.tell import Told, tell

_OVER: Final = (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
_KIND: Final = "payments"
_KIND_OF_COMING: Final = "payments of orders to come"


@dataclass(frozen=True, slots=True)
class Opening:
    """``owner``: whose the order has to be; None for staff, who may pay anybody's."""

    request: Request
    order_id: UUID
    owner: UUID | None
    provider: Provider
    return_url: str
    traceparent: str | None = None


@dataclass(slots=True)
class _Opened:
    """What a group has made, and found: the orders' live payments."""

    live: dict[UUID, Payment]
    now: datetime
    keys: GroupKeys[Payment] = field(default_factory=GroupKeys)
    made: list[dict[str, Any]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    given_up: list[UUID] = field(default_factory=list)


async def open_payment(infra: Infra, opening: Opening, coming: OrderSnapshot | None = None) -> Payment:
    """Begin a payment; returns it, or the one that there is, or that the key had begun before. One with another
    provider is given up for it: the worker cancels it there.

    ``coming``: the order, where it is still on its way. It is persisted in the transaction that begins its
    payment, with those of others who cannot wait for the worker either: it will find their barrier rows.

    Errors: NotFound, InvalidInput, InvalidTransition, IdempotencyConflict, StoreUnavailable.
    """
    if coming is None:
        return await ask_together(infra, _KIND, partial(_open_together, infra), opening)
    return await ask_together(infra, _KIND_OF_COMING, partial(_persist_and_open, infra), (opening, coming))


async def _open_together(infra: Infra, openings: Sequence[Opening]) -> list[Payment | Exception]:
    async def work(session: AsyncSession) -> list[Payment | Exception]:
        return await _open(session, openings, infra.now())

    return await transact_with_keys(infra, work)


async def _persist_and_open(
    infra: Infra, asked: Sequence[tuple[Opening, OrderSnapshot]]
) -> list[Payment | Exception]:
    async def work(session: AsyncSession) -> tuple[list[Payment | Exception], Persisted]:
        now = infra.now()
        persisted = await persist(session, [coming for _, coming in asked], now)
        return await _open(session, [one for one, _ in asked], now, persisted.waiting), persisted

    answers, persisted = await transact_with_keys(infra, work)
    await confirm(infra, persisted.stored)
    return answers


async def _open(
    session: AsyncSession, openings: Sequence[Opening], now: datetime, new: Sequence[OrderSnapshot] = ()
) -> list[Payment | Exception]:
    """``new``: orders that this transaction has written, which wait for their payment."""
    earlier = await recall_all(session, [one.request for one in openings])
    orders = {order.id: _as_locked(order) for order in new}
    others = {one.order_id for one in openings if one.request not in earlier} - orders.keys()
    stored = await lock_orders(session, others) if others else {}
    opened = _Opened(await lock_live(session, stored) if stored else {}, now)
    orders |= stored
    answers = [earlier.get(one.request) or _answer(one, orders.get(one.order_id), opened) for one in openings]
    await _write(session, opened)
    ids = [answer for answer in answers if isinstance(answer, UUID)]
    recalled = await _find(session, ids) if ids else {}
    return [recalled[answer] if isinstance(answer, UUID) else answer for answer in answers]


def _as_locked(order: OrderSnapshot) -> LockedOrder:
    charges = order.charges.to_json() if order.charges else None
    waiting = OrderStatus.AWAITING_PAYMENT
    return LockedOrder(
        order.id, spoken_number(order.id), order.customer_id, waiting, order.total, order.currency, charges
    )


async def _find(session: AsyncSession, payment_ids: Sequence[UUID]) -> dict[UUID, Payment]:
    found = await session.scalars(select(Payment).where(Payment.id.in_(payment_ids)))
    return {payment.id: payment for payment in found}


def _answer(one: Opening, order: LockedOrder | None, opened: _Opened) -> Payment | Exception:
    """Errors are not remembered: with its key the same may be asked again."""
    if (before := opened.keys.find(one.request)) is not None:
        return before
    try:
        payment = _open_one(one, order, opened)
    except ServiceError as error:
        return error
    opened.keys.note(one.request, payment)
    return payment


def _open_one(one: Opening, order: LockedOrder | None, opened: _Opened) -> Payment:
    """Errors: NotFound, InvalidInput, InvalidTransition."""
    if order is None or (one.owner is not None and order.customer_id != one.owner):
        raise NotFound(NO_ORDER)
    if _came_too_late(one, order):
        return _make(one, order, opened, {"live_order_id": None})
    if order.status != OrderStatus.AWAITING_PAYMENT:
        raise InvalidTransition(order.status, OrderStatus.PAID)
    _check_amount(order, one.provider)
    live = opened.live.get(order.id)
    if live is not None and live.provider == one.provider.name:
        return live
    if live is not None:
        _give_up(live, opened)
    payment = opened.live[order.id] = _make(one, order, opened, {})
    return payment


def _came_too_late(one: Opening, order: LockedOrder) -> bool:
    """A bank transfer that nobody had told us of: staff note it all the same, and it goes back."""
    return one.owner is None and one.provider.name == manual.NAME and order.status in _OVER


def _make(one: Opening, order: LockedOrder, opened: _Opened, changes: dict[str, Any]) -> Payment:
    row = _row(one, order, opened.now) | changes
    opened.made.append(row)
    payment = Payment(**row)
    opened.told.append(Told(payment_event(payment), one.traceparent))
    return payment


def _check_amount(order: LockedOrder, provider: Provider) -> None:
    """Its prices may be older than the provider is in use here. Errors: InvalidInput."""
    step = provider.step(order.currency)
    if order.total % step:
        message = f"cannot charge this order: the amount {multiple(step, order.currency)}"
        raise InvalidInput.at("provider", message=message)


def _give_up(live: Payment, opened: _Opened) -> None:
    """The worker cancels it with its provider. Money that staff look at is not replaced."""
    if live.problem is not None:
        raise InvalidTransition(OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
    live.live_order_id, live.check_at = None, opened.now
    for row in opened.made:  # begun in this group
        if row["id"] == live.id:
            row |= {"live_order_id": None, "check_at": opened.now}
            return
    opened.given_up.append(live.id)


def _row(one: Opening, order: LockedOrder, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "order_id": order.id,
        "customer_id": order.customer_id,
        "live_order_id": order.id,
        "provider": one.provider.name,
        "status": PaymentStatus.PENDING,
        "amount": order.total,
        "currency": order.currency,
        "captured": 0,
        "refunded": 0,
        "refunding": 0,
        "fees": 0,
        "pays_order": False,
        "return_url": one.return_url,
        "checks": 0,
        "check_at": now + FIRST_CHECK,
        "created_at": now,
        "updated_at": now,
    }


async def _write(session: AsyncSession, opened: _Opened) -> None:
    if opened.given_up:
        await session.execute(
            update(Payment)
            .where(Payment.id.in_(opened.given_up))
            .values(live_order_id=None, check_at=opened.now)
            .execution_options(synchronize_session=False)
        )
    if opened.made:
        await (await session.connection()).execute(insert(Payment), opened.made)
    await remember(session, {request: payment.id for request, payment in opened.keys.results.items()}, opened.now)
    await tell(session, opened.now, *opened.told)
