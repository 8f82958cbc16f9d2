"""Hold more units for an order that holds some."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import HoldState, StockHold
from services.shared.refused import Refused
from services.stock.order_steps import OrderMove, hold_row
from services.stock.rules import Counts
from services.stock.share_out import share_out


async def hold_more(
    session: AsyncSession, order_id: UUID, units: Mapping[str, int], now: datetime
) -> list[OrderMove]:
    """Hold so many more units by SKU, all of them or none, without the levels and the ledger, which are the
    caller's to change.

    In the transaction that holds the order's row, in which the caller has seen that it awaits its payment. Errors:
    OutOfStock, and the transaction is void.
    """
    if not units:
        return []
    try:
        shares = (await share_out(session, {order_id: units}))[order_id]
    except Refused as refused:
        raise refused.errors[order_id] from None
    moves = [OrderMove(order_id, place, Counts(available=-n, held=n)) for place, n in shares.items()]
    fresh = [move for move in moves if not await _add(session, move, now)]
    if fresh:
        rows = [hold_row(move, now) for move in fresh]
        await (await session.connection()).execute(insert(StockHold), rows)
    return moves


async def _add(session: AsyncSession, move: OrderMove, now: datetime) -> bool:
    sku, warehouse_id = move.place
    added = await session.execute(
        update(StockHold)
        .where(
            StockHold.order_id == move.order_id,
            StockHold.sku == sku,
            StockHold.warehouse_id == warehouse_id,
            StockHold.state == HoldState.HELD,
        )
        .values(quantity=StockHold.quantity + move.deltas.held, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(added.rowcount)  # type: ignore[attr-defined]
