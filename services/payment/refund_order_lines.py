"""Give money back by line: what was paid for units that were sent, and came back or were no good."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus, Payment
from models.order_document import OrderView
from services.money.charging import charging_of
from services.money.request_refund import refundable, request_refund
from services.order.lines_asked import LinesAsked, check_lines, said_of, units_asked
from services.order.rows import ReadOrder, current_view, note, read_order
from services.payment.send_refunds import Claimed, claim, send_claimed
from services.shared.errors import InvalidInput, InvalidTransition
from services.shared.events import LineUnits, OrderLinesRefunded
from services.shared.idempotency import do_once
from services.shared.tell import tell
from services.stock.order_steps import Units

log = structlog.get_logger(__name__)
OPERATION: Final = "refundOrderLines"
_PAID_FOR: Final = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.COMPLETED)
_RETURNED: Final = (
    update(OrderLine)
    .where(OrderLine.id == bindparam("of_line"))
    .values(returned=OrderLine.returned + bindparam("units"))
)


async def refund_order_lines(infra: Infra, asked: LinesAsked) -> OrderView:
    """Refund units that were sent: with their part of discount, shipping and tax, once each, and no more than is
    left of the money. It is sent at once if the provider can be reached, else by a worker.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    request = check_lines(asked, OPERATION)
    claimed: list[Claimed] = []

    async def work(session: AsyncSession) -> None:
        claimed[:] = [await _refund(session, infra, asked)]

    await do_once(infra, request, asked.order_id, work)
    for one in claimed:
        try:
            await send_claimed(infra, one)
        except StoreUnavailable:
            log.warning("refund.deferred", refund_id=one.id.hex)
    return await current_view(infra, asked.order_id)


async def _refund(session: AsyncSession, infra: Infra, asked: LinesAsked) -> Claimed:
    order, now = await read_order(session, asked.order_id, asked.owner), infra.now()
    if order.status not in _PAID_FOR:
        raise InvalidTransition(order.status, OrderStatus.REFUNDED)
    why = "no more was sent, and not refunded; what was not sent is cancelled"
    units = units_asked(order.lines, asked, lambda line: line.shipped - line.returned, why)
    payment = await _lock_payment(session, order)
    amount = _worth(infra, order, units)
    amount = 0 if payment is None else min(amount, refundable(payment))
    if payment is None or amount <= 0:
        raise InvalidInput.at("lines", message="nothing that was paid for these is left to give back")
    reason = asked.reason or said_of("Refunded", units)
    made = request_refund(session, payment, amount, reason, asked.actor, now)
    claimed = claim(made, payment, now)
    await session.flush()
    await _write(session, order, units, amount, asked, now)
    return claimed


async def _lock_payment(session: AsyncSession, order: ReadOrder) -> Payment | None:
    paying = select(Payment).where(Payment.order_id == order.id, Payment.pays_order).with_for_update()
    return await session.scalar(paying.execution_options(populate_existing=True))


def _worth(infra: Infra, order: ReadOrder, units: Units) -> int:
    step = charging_of(infra.settings).step(order.currency)
    more = {line.id: count for line, count in units}
    return order.worth_with(more, step) - order.worth_with({}, step)


async def _write(
    session: AsyncSession, order: ReadOrder, units: Units, amount: int, asked: LinesAsked, now: datetime
) -> None:
    rows = [{"of_line": line.id, "units": count} for line, count in units]
    await (await session.connection()).execute(_RETURNED, rows)
    await session.execute(update(Order).where(Order.id == order.id).values(updated_at=now))
    await note(session, order.id, order.status, asked.actor, now, asked.reason or said_of("Refunded", units))
    told = tuple(LineUnits(line.id, line.sku, count) for line, count in units)
    await tell(session, now, OrderLinesRefunded(order.id, told, amount, order.currency))
