"""Give units of sales back, in the database."""

from collections import defaultdict
from collections.abc import Set
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSaleItem
from services.stock.order_steps import OrderMove, Units
from services.stock.rules import Counts


async def give_back_to_sales(session: AsyncSession, units: Units, paid: Set[UUID]) -> list[OrderMove]:
    """Give so many units of each line back to its item, or to ordinary stock once that is settled, without the
    levels and the ledger, which are the caller's to change. ``paid``: orders whose units are committed.

    The items' rows are locked: a settlement is all before this or all after it.
    """
    by_item: dict[UUID | None, int] = defaultdict(int)
    for line, count in units:
        by_item[line.flash_sale_item_id] += count
    if not by_item:
        return []
    locked = select(FlashSaleItem.id, FlashSaleItem.warehouse_id, FlashSaleItem.settled_at)
    locked = locked.where(FlashSaleItem.id.in_(by_item)).order_by(FlashSaleItem.id)
    items = {row.id: row for row in await session.execute(locked.with_for_update())}
    for item_id in sorted(item_id for item_id, item in items.items() if item.settled_at is None):
        await session.execute(
            update(FlashSaleItem)
            .where(FlashSaleItem.id == item_id)
            .values(remaining=FlashSaleItem.remaining + by_item[item_id])
            .execution_options(synchronize_session=False)
        )
    moves: list[OrderMove] = []
    for line, count in units:
        item = items[line.flash_sale_item_id]
        bucket = "set_aside" if item.settled_at is None else "available"
        source, place = "committed" if line.order_id in paid else "held", (line.sku, item.warehouse_id)
        moves.append(OrderMove(line.order_id, place, Counts(**{source: -count, bucket: count})))
    return moves
