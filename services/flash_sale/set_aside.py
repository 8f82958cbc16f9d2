"""Move units between ordinary stock and what is set aside for sales, with a row in the ledger."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSaleItem, StockCause, StockEntry
from services.shared.errors import OutOfStock
from services.stock.rows import Origin, ledger_row
from services.stock.rules import Counts
from services.stock.take_available import available_in, take_available, take_from


async def set_aside(session: AsyncSession, sku: str, units: int, sale_id: UUID, actor: str, now: datetime) -> UUID:
    """Set stock aside for a new item; returns the warehouse that has all of the ``units``. Errors: OutOfStock."""
    warehouse_id = await take_available(session, sku, units, now)
    origin = Origin(StockCause.SET_ASIDE, actor, sale_id)
    await _note_in_ledger(session, sku, warehouse_id, units, origin, now)
    return warehouse_id


async def change_set_aside(
    session: AsyncSession, item: FlashSaleItem, units: int, origin: Origin, now: datetime
) -> None:
    """Set so many more aside of an item's SKU in its warehouse; below 0 they go back to ordinary stock.

    Errors: OutOfStock.
    """
    if units == 0:
        return
    if not await take_from(session, item.sku, item.warehouse_id, units, now):
        raise OutOfStock(item.sku, await available_in(session, item.sku, item.warehouse_id))
    await _note_in_ledger(
        session, item.sku, item.warehouse_id, units, replace(origin, reference=item.sale_id), now
    )


async def _note_in_ledger(
    session: AsyncSession, sku: str, warehouse_id: UUID, units: int, origin: Origin, now: datetime
) -> None:
    row = ledger_row((sku, warehouse_id), Counts(available=-units, set_aside=units), origin, now)
    await session.execute(insert(StockEntry), [row])
