"""The steps of a checkout, and what undoes them: ``services/checkout/plans.py`` has them in their order."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import IdempotencyKey, Order, OrderEvent, OrderStatus
from models.order_document import OrderSnapshot
from services.cart.owner import Owner
from services.cart.take_lines import take_lines
from services.checkout.job import OPERATION, cart_lines_of, order_of
from services.discount.uses import hold_use, release_uses
from services.order import rows
from services.saga.plan import Job
from services.shared.errors import TryAgain
from services.shared.events import OrderAccepted, OrderRejected
from services.shared.tell import tell
from services.stock.hold import hold_stock
from services.stock.release import release_stock

ACTOR = "checkout"
_REFUSED = "The checkout was refused."


async def hold_units(session: AsyncSession, job: Job, now: datetime) -> None:
    """Errors: OutOfStock."""
    await hold_stock(session, job.id, {line.sku: line.quantity for line in order_of(job).lines}, ACTOR, now)


async def give_units_back(session: AsyncSession, job: Job, now: datetime) -> None:
    await release_stock(session, [job.id], ACTOR, now)


async def hold_discount(session: AsyncSession, job: Job, now: datetime) -> None:
    """Of the code, when one was given. Errors: InvalidInput."""
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
    if await _move(session, order, OrderStatus.REJECTED, None, now, _REFUSED):
        await tell(session, now, OrderRejected(order.id, order.customer_id, ()))


async def await_payment(session: AsyncSession, job: Job, now: datetime) -> None:
    order = order_of(job)
    # From now on, not from when the customer asked: a process may have died in between.
    expires_at = now + timedelta(milliseconds=order.payment_timeout_ms)
    await _move(session, order, OrderStatus.AWAITING_PAYMENT, expires_at, now)


async def empty_cart(infra: Infra, job: Job) -> None:
    """Of what was ordered; what was added since stays. Errors: StoreUnavailable."""
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


async def _move(
    session: AsyncSession,
    order: OrderSnapshot,
    status: OrderStatus,
    expires_at: datetime | None,
    now: datetime,
    note: str | None = None,
) -> bool:
    moved = await session.execute(
        update(Order)
        .where(Order.id == order.id, Order.status == OrderStatus.ACCEPTED)
        .values(status=status, expires_at=expires_at, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        return False
    event = {"id": new_id(), "order_id": order.id, "status": status, "actor": ACTOR, "note": note, "at": now}
    await session.execute(insert(OrderEvent), [event])
    return True
