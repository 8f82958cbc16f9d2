"""What must add up for a SKU, over its warehouses, sales and holds: read from the stores themselves."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import (
    FlashSaleItem,
    HoldState,
    Order,
    OrderLine,
    OrderStatus,
    StockEntry,
    StockHold,
    StockLevel,
    StockThreshold,
)
from services.flash_sale.find_items import find_item
from services.shared.order_states import GIVEN_BACK
from services.stock.rules import Counts
from tests.books import counters


async def assert_sku_adds_up(infra: Infra, sku: str) -> dict[UUID, Counts]:
    """Levels, ledger, orders, holds, sales and Redis say the same, once the log and the outbox are drained.

    Returns the levels by warehouse.
    """
    async with infra.database.read() as session:
        levels = {row.warehouse_id: _counts(row) for row in await session.scalars(_of(StockLevel, sku))}
        entries = list(await session.scalars(_of(StockEntry, sku)))
        items = list(await session.scalars(_of(FlashSaleItem, sku)))
        holds = list(await session.scalars(_of(StockHold, sku)))
        found = await session.execute(
            select(Order.id, Order.customer_id, Order.status, OrderLine.kept, OrderLine.flash_sale_item_id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(OrderLine.sku == sku, Order.status.not_in(GIVEN_BACK))
        )
        orders = [(row[0], row[1], row[2], row[3], row[4]) for row in found]
        threshold = await session.get(StockThreshold, sku)
    by_item = {item.id: [order for order in orders if order[4] == item.id] for item in items}
    expected: dict[UUID, Counts] = defaultdict(Counts)
    for entry in entries:
        expected[entry.warehouse_id] = expected[entry.warehouse_id].plus(_counts(entry))
    assert levels == dict(expected)
    for warehouse_id, level in levels.items():
        here = [item for item in items if item.warehouse_id == warehouse_id]
        mine = [order for item in here for order in by_item[item.id]]
        assert level.on_hand == level.available + level.set_aside + level.held + level.committed
        assert level.set_aside == sum(item.remaining for item in here if item.settled_at is None)
        for state, status, units in (
            (HoldState.HELD, OrderStatus.AWAITING_PAYMENT, level.held),
            (HoldState.COMMITTED, OrderStatus.PAID, level.committed),
        ):
            held = sum(h.quantity - h.shipped for h in holds if (h.warehouse_id, h.state) == (warehouse_id, state))
            assert units == held + sum(order[3] for order in mine if order[2] == status)
    if threshold is not None:
        assert threshold.is_low == (sum(level.sellable for level in levels.values()) <= threshold.units)
    for item in items:
        if item.settled_at is None:
            assert item.remaining == item.quantity - sum(order[3] for order in by_item[item.id])
            await _assert_redis(infra, item, by_item[item.id])
    return levels


async def _assert_redis(
    infra: Infra, item: FlashSaleItem, orders: Iterable[tuple[UUID, UUID, str, int, UUID | None]]
) -> None:
    live = await counters(infra, await find_item(infra, item.id))
    bought: Counter[str] = Counter()
    for _, customer, _, units, _ in orders:
        bought[customer.hex] += units
    assert (live.remaining, live.pending) == (item.remaining, set())
    assert live.buyers == dict(bought)
    assert live.holds == {order[0].hex for order in orders if order[2] == OrderStatus.AWAITING_PAYMENT}


def _of(table: type[StockLevel | StockEntry | FlashSaleItem | StockHold], sku: str):  # type: ignore[no-untyped-def]
    return select(table).where(table.sku == sku).execution_options(populate_existing=True)


def _counts(row: StockLevel | StockEntry) -> Counts:
    return Counts(*(getattr(row, name) for name in Counts._fields))
