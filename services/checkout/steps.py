"""The steps of a checkout, what undoes them, the job that they share, and the plan that has them in order."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import IdempotencyKey, MailKind, OrderEvent, OrderStatus
from models.order_document import OrderSnapshot
from services.cart.rules import Owner
from services.cart.take_lines import take_lines
from services.discount.rows import hold_use, release_uses
from services.order import rows
from services.order.mark_paid import mark_free_paid
from services.order.queue_order_mails import of_snapshot, queue_order_mails
from services.saga.plan import Finish, Job, Plan, Step
from services.shared.errors import TryAgain
from services.shared.events import OrderAccepted, OrderRejected
from services.shared.tell import tell
from services.stock.order_steps import hold_stock, release_stock

ACTOR = "checkout"
_REFUSED = "The checkout was refused."


async def hold_units(session: AsyncSession, job: Job, now: datetime) -> None:
    """Errors: OutOfStock."""
    await hold_stock(session, job.id, {line.sku: line.quantity for line in order_of(job).lines}, ACTOR, now)


async def give_units_back(session: AsyncSession, job: Job, now: datetime) -> None:
    await release_stock(session, [job.id], ACTOR, now)


async def hold_discount(session: AsyncSession, job: Job, now: datetime) -> None:
    """Hold a use of the code, when one was given. Errors: InvalidInput."""
    if code := job.data.get("discount"):
        promised = bool(job.data.get("promised"))
        await hold_use(session, UUID(code), job.id, job.owner_id, now, promised=promised)


async def give_discount_back(session: AsyncSession, job: Job, now: datetime) -> None:
    await release_uses(session, [job.id], now)


async def write_order(session: AsyncSession, job: Job, now: datetime) -> None:
    order = order_of(job)
    for table, values in rows.of_orders([order], OrderStatus.ACCEPTED, now):
        if table is not OrderEvent:  # every history begins with ACCEPTED, a row of it or not
            await session.execute(insert(table), values)
    await tell(session, now, OrderAccepted(order))


async def reject_order(session: AsyncSession, job: Job, now: datetime) -> None:
    order = order_of(job)
    if await rows.swap_status(session, order.id, OrderStatus.ACCEPTED, OrderStatus.REJECTED, now):
        await rows.note(session, order.id, OrderStatus.REJECTED, ACTOR, now, _REFUSED)
        await tell(session, now, OrderRejected(order.id, order.customer_id, ()))


async def await_payment(session: AsyncSession, job: Job, now: datetime) -> None:
    order = order_of(job)
    # From now on, not from when the customer asked: a process may have died in between.
    expires_at = now + timedelta(milliseconds=order.payment_timeout_ms)
    target = OrderStatus.AWAITING_PAYMENT
    if not await rows.swap_status(session, order.id, OrderStatus.ACCEPTED, target, now, expires_at=expires_at):
        return
    await rows.note(session, order.id, target, ACTOR, now)
    if order.total:
        await queue_order_mails(session, MailKind.ORDER_PLACED, [of_snapshot(order, expires_at)], now)
    else:
        await mark_free_paid(session, [(order.id, of_snapshot(order))], ACTOR, now)


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
        Step("stock", hold_units, undo=give_units_back),  # each SKU in sorted order, all or none
        Step("discount", hold_discount, undo=give_discount_back),  # one use of the code, if there is one
        Step("order", write_order, undo=reject_order),  # the row, ACCEPTED, and its event
        # AWAITING_PAYMENT, or PAID when there is nothing to pay: from here on it is kept.
        Step("payment", await_payment, undo=None),
    ),
    finish=(Finish("cart", empty_cart),),  # of what was ordered
    given_up=forget_key,  # the customer may try again with the same key
)

PLANS = {plan.kind: plan for plan in (CHECKOUT,)}
