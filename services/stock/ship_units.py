"""Ship some units of a paid order: they leave the warehouse, the rest stays committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSaleItem, HoldState, OrderLine, StockCause, StockHold
from services.stock.counts import Counts, Place
from services.stock.moves import OrderMove, apply_moves

Units = Sequence[tuple[OrderLine, int]]


async def ship_units(session: AsyncSession, units: Units, actor: str, now: datetime) -> None:
    """So many of each line of one order. In the transaction that holds the order's row, in which the caller has
    seen that it is PAID and that so many are not shipped yet."""
    moves = [*await _of_sales(session, units), *await _of_holds(session, units, now)]
    await apply_moves(session, moves, StockCause.SHIPPED, actor, now)


def _gone(order_id: UUID, place: Place, units: int) -> OrderMove:
    return OrderMove(order_id, place, Counts(on_hand=-units, committed=-units))


async def _of_sales(session: AsyncSession, units: Units) -> list[OrderMove]:
    item_ids = {line.flash_sale_item_id for line, _ in units if line.flash_sale_item_id is not None}
    if not item_ids:
        return []
    rows = await session.execute(
        select(FlashSaleItem.id, FlashSaleItem.warehouse_id).where(FlashSaleItem.id.in_(item_ids))
    )
    places: Mapping[UUID | None, UUID] = {row[0]: row[1] for row in rows}
    return [
        _gone(line.order_id, (line.sku, places[line.flash_sale_item_id]), count)
        for line, count in units
        if line.flash_sale_item_id is not None
    ]


async def _of_holds(session: AsyncSession, units: Units, now: datetime) -> list[OrderMove]:
    moves = []
    for line, count in sorted(units, key=lambda unit: unit[0].sku.encode()):
        if line.flash_sale_item_id is not None:
            continue
        wanted = (StockHold.order_id == line.order_id, StockHold.sku == line.sku)
        hold = (await session.scalars(select(StockHold).where(*wanted).with_for_update())).one()
        shipped = hold.shipped + count
        state = HoldState.SHIPPED if shipped == hold.quantity else HoldState.COMMITTED
        await session.execute(
            update(StockHold).where(*wanted).values(shipped=shipped, state=state, updated_at=now)
        )
        moves.append(_gone(line.order_id, (line.sku, hold.warehouse_id), count))
    return moves
