"""Close what was not sent of an order that is shipped in part: its units go back, and it is shipped no more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import MailKind, Order, OrderLine, OrderStatus, StockCause
from models.charges_document import Charges
from services.money.request_refund import give_part_back
from services.order.queue_order_mails import mailed_orders, queue_order_mails, with_money_back
from services.order.rows import lock_status, move, note, settled_places
from services.order.rules import LineMoney, worth_of
from services.reservation.release import ItemOrders
from services.shared.events import Held, OrderRefunded, OrderRestCancelled
from services.shared.tell import tell
from services.stock.order_steps import OrderMove, apply_moves, flash_units, take_back
from services.stock.rules import Counts

_NOTE: Final = "The rest was cancelled."


@dataclass(frozen=True, slots=True)
class ClosingRest:
    """To which state: SHIPPED, or REFUNDED when all of the money is back already. ``step``: amounts that the
    order's currency is charged in (services/money/charging.py)."""

    status: OrderStatus
    actor: str
    note: str | None = None
    step: int = 1


async def close_rest(
    session: AsyncSession, order_id: UUID, closing: ClosingRest, now: datetime
) -> ItemOrders | None:
    """Close the rest of a PAID order, in the caller's transaction, who has seen that a part of it is shipped.

    Units of a sale go to ordinary stock: for the sale they stay sold, so Redis has nothing to take back. Returns
    the holds that it is to drop after the commit; None when the order is in another state.
    """
    if await lock_status(session, order_id) != OrderStatus.PAID:
        return None
    stored = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
    lines = list(await session.scalars(stored.execution_options(populate_existing=True)))
    moves = await _take_back_unsent(session, order_id, now)
    await apply_moves(session, moves, StockCause.RELEASED, closing.actor, now)
    await move(session, order_id, closing.status, now)
    await note(session, order_id, closing.status, closing.actor, now, closing.note or _NOTE)
    back = 0
    if closing.status == OrderStatus.SHIPPED:
        worth = await _worth(session, order_id, lines, closing.step)
        back = await give_part_back(session, order_id, worth, closing.note or _NOTE, closing.actor, now)
        await _mail_rest(session, order_id, lines, back, now)
    sold = [(line.sku, line.flash_sale_item_id) for line in lines if line.flash_sale_item_id is not None]
    held = tuple(Held(sku, item_id) for sku, item_id in sold)
    await tell(session, now, OrderRestCancelled(order_id, held, back > 0))
    if closing.status == OrderStatus.REFUNDED:
        await tell(session, now, OrderRefunded(order_id, ()))
    return {place: [order_id] for place in settled_places(lines)}


async def _take_back_unsent(session: AsyncSession, order_id: UUID, now: datetime) -> list[OrderMove]:
    of_sales = [
        OrderMove(order_id, place, Counts(available=units, committed=-units))
        for _, place, units in await flash_units(session, [order_id])
        if units
    ]
    return of_sales + await take_back(session, [order_id], now)


async def _worth(session: AsyncSession, order_id: UUID, lines: Sequence[OrderLine], step: int) -> int:
    rows = await session.execute(select(Order.total, Order.charges).where(Order.id == order_id))
    total, charges = rows.one()
    money = [LineMoney(ln.unit_price, ln.quantity, ln.quantity - ln.shipped + ln.returned) for ln in lines]
    return worth_of(total, None if charges is None else Charges.from_json(charges), money, step)


async def _mail_rest(
    session: AsyncSession, order_id: UUID, lines: Sequence[OrderLine], back: int, now: datetime
) -> None:
    # Without prices: what is given back is less a discount, with tax, and less what was given back before.
    unsent = [(line.unsent, line.title) for line in lines if line.unsent]
    values = {"lines": "\n".join(f"{count} × {title}" for count, title in unsent)}
    mailed = replace((await mailed_orders(session, [order_id], ()))[order_id], values=values)
    told = with_money_back(mailed, back, phrase="rest_back")
    await queue_order_mails(session, MailKind.REST_CANCELLED, [told], now)
