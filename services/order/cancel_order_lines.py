"""Cancel units of a paid order by line: their stock and what was paid for them go back, the others are sent."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import MailKind, Order, OrderLine, OrderStatus, StockCause
from models.order_document import OrderView
from services.money.charging import charging_of
from services.money.request_refund import all_goes_back, give_part_back
from services.order.close_orders import Closing, close_orders, release_closed
from services.order.close_rest import ClosingRest, close_rest
from services.order.give_back_to_sales import give_back_to_sales
from services.order.lines_asked import LinesAsked, check_lines, said_of, units_asked
from services.order.queue_order_mails import mailed_orders, queue_order_mails, with_money_back
from services.order.rows import ReadOrder, current_view, note, read_order
from services.reservation.release import ItemOrders, settle_holds
from services.reservation.shrink import kept_of, shrink
from services.shared.errors import InvalidInput, InvalidTransition
from services.shared.events import KeptUnits, LineUnits, OrderLinesCancelled
from services.shared.idempotency import do_once
from services.shared.tell import tell
from services.stock.order_steps import Units, apply_moves
from services.stock.release_units import release_units

OPERATION: Final = "cancelOrderLines"
_CANCELLED: Final = (
    update(OrderLine)
    .where(OrderLine.id == bindparam("of_line"))
    .values(cancelled=OrderLine.cancelled + bindparam("units"))
)


@dataclass(slots=True)
class _Redis:
    """What Redis is told after the commit: what fails there is done again by the worker that reads the event."""

    released: ItemOrders = field(default_factory=dict)
    dropped: ItemOrders = field(default_factory=dict)
    kept: Sequence[KeptUnits] = ()


async def cancel_order_lines(infra: Infra, asked: LinesAsked) -> OrderView:
    """Cancel units of a PAID order. When nothing is left to be sent, the order is as ``cancel_order`` leaves it.

    Errors: InvalidInput, NotFound, InvalidTransition, IdempotencyConflict, TryAgain.
    """
    request = check_lines(asked, OPERATION)
    redis = _Redis()

    async def work(session: AsyncSession) -> None:
        nonlocal redis
        redis = await _cancel(session, infra, asked)

    await do_once(infra, request, asked.order_id, work)
    await release_closed(infra, redis.released)
    with suppress(StoreUnavailable):
        await settle_holds(infra, redis.dropped)
        await shrink(infra, kept_of(asked.order_id, redis.kept))
    return await current_view(infra, asked.order_id)


async def _cancel(session: AsyncSession, infra: Infra, asked: LinesAsked) -> _Redis:
    order, now = await read_order(session, asked.order_id, asked.owner), infra.now()
    if order.status == OrderStatus.AWAITING_PAYMENT:
        raise InvalidInput.at("orderId", message="is not paid yet: cancel it whole, or have it changed")
    if order.status != OrderStatus.PAID:
        raise InvalidTransition(order.status, OrderStatus.CANCELLED)
    if await all_goes_back(session, [order.id]):
        raise InvalidTransition(OrderStatus.REFUNDED, OrderStatus.CANCELLED)
    units = units_asked(order.lines, asked, lambda line: line.unsent, "no more is left to cancel")
    step = charging_of(infra.settings).step(order.currency)
    if sum(line.unsent for line in order.lines) == sum(count for _, count in units):
        return await _cancel_rest(session, order, asked, step, now)
    return await _cancel_some(session, order, units, asked, step, now)


async def _cancel_rest(
    session: AsyncSession, order: ReadOrder, asked: LinesAsked, step: int, now: datetime
) -> _Redis:
    if any(line.shipped for line in order.lines):
        rest = ClosingRest(OrderStatus.SHIPPED, asked.actor, asked.reason, step)
        return _Redis(dropped=await close_rest(session, order.id, rest, now) or {})
    closing = Closing(OrderStatus.CANCELLED, asked.actor, asked.reason, (OrderStatus.PAID,))
    return _Redis(released=await close_orders(session, [order.id], closing, now))


async def _cancel_some(
    session: AsyncSession, order: ReadOrder, units: Units, asked: LinesAsked, step: int, now: datetime
) -> _Redis:
    cancelled = {line.id: count for line, count in units}
    said = asked.reason or said_of("Cancelled", units)
    worth = order.worth_with(cancelled, step)
    back = await give_part_back(session, order.id, worth, said, asked.actor, now)
    await _give_back(session, order.id, units, asked.actor, now)
    rows = [{"of_line": id_, "units": count} for id_, count in cancelled.items()]
    await (await session.connection()).execute(_CANCELLED, rows)
    await session.execute(update(Order).where(Order.id == order.id).values(updated_at=now))
    await note(session, order.id, OrderStatus.PAID, asked.actor, now, said)
    kept = _kept(order.lines, cancelled)
    told = tuple(LineUnits(line.id, line.sku, count) for line, count in units)
    await tell(session, now, OrderLinesCancelled(order.id, told, back, order.currency, kept))
    await _mail(session, order.id, units, back, now)
    return _Redis(kept=kept)


async def _give_back(session: AsyncSession, order_id: UUID, units: Units, actor: str, now: datetime) -> None:
    from_sales = [(line, count) for line, count in units if line.flash_sale_item_id is not None]
    others = {line.sku: count for line, count in units if line.flash_sale_item_id is None}
    moves = await give_back_to_sales(session, from_sales, {order_id})
    moves += await release_units(session, order_id, others, now)
    await apply_moves(session, moves, StockCause.RELEASED, actor, now)


def _kept(lines: Sequence[OrderLine], cancelled: Mapping[UUID, int]) -> tuple[KeptUnits, ...]:
    return tuple(
        KeptUnits(line.sku, line.flash_sale_item_id, line.kept - cancelled[line.id])
        for line in lines
        if line.id in cancelled and line.flash_sale_item_id is not None
    )


async def _mail(session: AsyncSession, order_id: UUID, units: Units, back: int, now: datetime) -> None:
    values = {"lines": "\n".join(f"{count} × {line.title}" for line, count in units)}
    mailed = replace((await mailed_orders(session, [order_id], ()))[order_id], values=values)
    told = with_money_back(mailed, back, phrase="rest_back")
    await queue_order_mails(session, MailKind.LINES_CANCELLED, [told], now)
