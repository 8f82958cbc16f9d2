"""The steps of a checkout, what undoes them, the job that they share, and the plan that has them in order."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Barrier, IdempotencyKey, MailKind, Order, OrderEvent, OrderStatus
from models.order_document import OrderSnapshot
from services.cart.rules import Owner
from services.cart.take_lines import take_lines
from services.discount.rows import hold_use, release_uses
from services.order import rows
from services.order.mark_paid import mark_free_paid
from services.order.queue_order_mails import of_snapshot, queue_order_mails
from services.saga.plan import Finish, ForAll, Job, Plan, Step
from services.shared.barrier import ACT, barrier_row
from services.shared.errors import InvalidInput, TryAgain
from services.shared.events import OrderAccepted, OrderRejected
from services.shared.refused import Refused
from services.shared.tell import Told, tell
from services.stock.order_steps import hold_for_orders, release_stock

ACTOR = "checkout"
_REFUSED = "The checkout was refused."


async def place_whole(session: AsyncSession, jobs: Sequence[Job], now: datetime) -> None:
    """Do all steps of checkouts at once: as each would leave it, but that orders are written as they await their
    payment. The rows that many wait for, those of the stock, come late.

    Errors: Refused (OutOfStock, InvalidInput).
    """
    orders = {job.id: order_of(job) for job in jobs}
    connection = await session.connection()  # past the session, which looks at each row
    await connection.execute(insert(Barrier), _passed(jobs, now))
    if coded := [job for job in jobs if has_code(job)]:
        await hold_discounts(session, coded, now)
    expiries = {id_: _expiry(order, now) for id_, order in orders.items()}
    waiting = OrderStatus.AWAITING_PAYMENT
    for table, values in rows.of_orders(list(orders.values()), waiting, now, actor=ACTOR):
        if table is Order:
            values = [row | {"expires_at": expiries[row["id"]]} for row in values]
        await connection.execute(insert(table), values)
    await tell(session, now, *(Told(OrderAccepted(orders[job.id]), job.traceparent) for job in jobs))
    await _tell_of_payment(session, [(order, expiries[id_]) for id_, order in orders.items()], now)
    units = {id_: {line.sku: line.quantity for line in order.lines} for id_, order in orders.items()}
    await hold_for_orders(session, units, ACTOR, now)
    await _pay_free(session, orders.values(), now)


def _passed(jobs: Sequence[Job], now: datetime) -> list[dict[str, Any]]:
    """Returns rows of the barrier: a step that comes late, in whatever process, finds that it was done."""
    branches = [(step.name, step.act) for step in CHECKOUT.steps]
    return [
        barrier_row(job.id, ACT, now, branch=name)
        for job in jobs
        for name, act in branches
        if not isinstance(act, ForAll) or act.is_for(job)
    ]


def _expiry(order: OrderSnapshot, now: datetime) -> datetime:
    """From now on, not from when the customer asked: a process may have died in between."""
    return now + timedelta(milliseconds=order.payment_timeout_ms)


async def hold_units(session: AsyncSession, jobs: Sequence[Job], now: datetime) -> None:
    """Errors: Refused (OutOfStock)."""
    units = {job.id: {line.sku: line.quantity for line in order_of(job).lines} for job in jobs}
    await hold_for_orders(session, units, ACTOR, now)


async def give_units_back(session: AsyncSession, job: Job, now: datetime) -> None:
    await release_stock(session, [job.id], ACTOR, now)


def has_code(job: Job) -> bool:
    return bool(job.data.get("discount"))


async def hold_discounts(session: AsyncSession, jobs: Sequence[Job], now: datetime) -> None:
    """Hold a use of each one's code; codes are locked in one order by all. Errors: Refused (InvalidInput)."""
    for job in sorted(jobs, key=lambda job: str(job.data["discount"])):
        promised = bool(job.data.get("promised"))
        try:
            buyer = order_of(job).buyer
            await hold_use(session, UUID(job.data["discount"]), job.id, buyer, now, promised=promised)
        except InvalidInput as error:
            raise Refused({job.id: error}) from error


async def give_discount_back(session: AsyncSession, job: Job, now: datetime) -> None:
    await release_uses(session, [job.id], now)


async def write_orders(session: AsyncSession, jobs: Sequence[Job], now: datetime) -> None:
    orders = [order_of(job) for job in jobs]
    connection = await session.connection()  # past the session, which looks at each row
    for table, values in rows.of_orders(orders, OrderStatus.ACCEPTED, now):
        if table is not OrderEvent:  # every history begins with ACCEPTED, a row of it or not
            await connection.execute(insert(table), values)
    told = [Told(OrderAccepted(order), job.traceparent) for order, job in zip(orders, jobs, strict=True)]
    await tell(session, now, *told)


async def reject_order(session: AsyncSession, job: Job, now: datetime) -> None:
    order = order_of(job)
    if await rows.swap_status(session, order.id, OrderStatus.ACCEPTED, OrderStatus.REJECTED, now):
        await rows.note(session, order.id, OrderStatus.REJECTED, ACTOR, now, _REFUSED)
        await tell(session, now, OrderRejected(order.id, order.customer_id, ()))


async def await_payment(session: AsyncSession, jobs: Sequence[Job], now: datetime) -> None:
    by_id = {job.id: order_of(job) for job in jobs}
    expiries = {id_: _expiry(order, now) for id_, order in by_id.items()}
    waiting = await rows.await_payment(session, expiries, ACTOR, now)
    await _tell_of_payment(session, [(by_id[id_], expiries[id_]) for id_ in waiting], now)
    await _pay_free(session, [by_id[id_] for id_ in waiting], now)


async def _tell_of_payment(
    session: AsyncSession, orders: Sequence[tuple[OrderSnapshot, datetime]], now: datetime
) -> None:
    placed = [of_snapshot(order, expires_at) for order, expires_at in orders if order.total]
    await queue_order_mails(session, MailKind.ORDER_PLACED, placed, now)


async def _pay_free(session: AsyncSession, orders: Iterable[OrderSnapshot], now: datetime) -> None:
    free = [(order.id, of_snapshot(order)) for order in orders if not order.total]
    await mark_free_paid(session, free, ACTOR, now)


async def empty_cart(infra: Infra, job: Job) -> None:
    """Take out of the cart what was ordered; what was added since stays. Errors: StoreUnavailable."""
    try:
        await take_lines(infra, Owner.customer(job.owner_id), cart_lines_of(job), job.id.hex[-16:])
    except TryAgain as error:
        raise StoreUnavailable("redis") from error


async def forget_key(session: AsyncSession, job: Job, _now: datetime) -> None:
    await session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.owner_id == job.owner_id,
            IdempotencyKey.operation == OPERATION,
            IdempotencyKey.key == job.data["key"],
            IdempotencyKey.result_id == job.id,
        )
    )


OPERATION: Final = "checkout"
"""Of idempotency keys."""


def checkout_data(
    order: OrderSnapshot, cart_lines: Mapping[UUID, int], key: str, discount_id: UUID | None, *, promised: bool
) -> dict[str, Any]:
    """Make a checkout's data.

    ``cart_lines``: units by line; ``key``: the customer's idempotency key; ``discount_id``: of the code that is
    used; ``promised`` by a quote.
    """
    return {
        "order": order.to_json(),
        "cart": {line.hex: quantity for line, quantity in cart_lines.items()},
        "key": key,
        "discount": None if discount_id is None else discount_id.hex,
        "promised": promised,
    }


def order_of(job: Job) -> OrderSnapshot:
    return OrderSnapshot.from_json(job.data["order"])


def cart_lines_of(job: Job) -> dict[UUID, int]:
    return {UUID(line): int(quantity) for line, quantity in job.data["cart"].items()}


CHECKOUT = Plan(
    kind="checkout",
    steps=(
        Step("stock", ForAll(hold_units), undo=give_units_back),  # each SKU in sorted order, all or none
        Step("discount", ForAll(hold_discounts, only=has_code), undo=give_discount_back),  # one use of it
        Step("order", ForAll(write_orders, with_next=True), undo=reject_order),  # the row, ACCEPTED, and its event
        # AWAITING_PAYMENT, or PAID when there is nothing to pay: from here on it is kept.
        Step("payment", ForAll(await_payment), undo=None),
    ),
    finish=(Finish("cart", empty_cart),),  # of what was ordered
    given_up=forget_key,  # the customer may try again with the same key
    whole=place_whole,
)

PLANS = {plan.kind: plan for plan in (CHECKOUT,)}
