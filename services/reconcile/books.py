"""The books of a SKU in a warehouse: what the database says of its stock in several places, read at one moment."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import (
    FlashSale,
    FlashSaleItem,
    HoldState,
    Order,
    OrderLine,
    OrderStatus,
    StockEntry,
    StockHold,
    StockLevel,
    Warehouse,
)
from models.stock import DEFAULT_WAREHOUSE
from services.shared.order_states import GIVEN_BACK
from services.stock.rules import NOTHING, Counts, Place

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class ItemBooks:
    """``taken``: units of its orders that were not given back. ``warehouse`` is its code."""

    id: UUID
    sku: str
    warehouse: str
    quantity: int
    remaining: int
    starts_at: datetime
    ends_at: datetime
    settled: bool
    taken: int


@dataclass(slots=True)
class Books:
    """Of a SKU in one warehouse, whose code is ``warehouse``.

    ``level`` is None when there is none; ``held`` and ``committed`` are summed over orders of sales and holds.
    """

    sku: str
    warehouse_id: UUID = DEFAULT_WAREHOUSE
    warehouse: str = ""
    level: Counts | None = None
    ledger: Counts = NOTHING
    held: int = 0
    committed: int = 0
    items: list[ItemBooks] = field(default_factory=list)

    @property
    def unsettled(self) -> list[ItemBooks]:
        return [item for item in self.items if not item.settled]


@asynccontextmanager
async def one_moment(infra: Infra) -> AsyncIterator[AsyncSession]:
    """Open a session whose statements all see the same moment, without a lock. Errors: StoreUnavailable."""
    async with infra.database.snapshot(_PATIENCE) as session:
        yield session


async def next_skus(session: AsyncSession, after: str, limit: int) -> list[str]:
    """Returns the next SKUs that anything is known of: a level, a sale, an order or a ledger's row."""
    found: set[str] = set()
    for column in (StockLevel.sku, FlashSaleItem.sku, OrderLine.sku, StockEntry.sku, StockHold.sku):
        page = select(column).where(column > after).distinct().order_by(column).limit(limit)
        found |= set(await session.scalars(page))
    return sorted(found, key=str.encode)[:limit]


async def read_books(session: AsyncSession, skus: Sequence[str]) -> list[Books]:
    """Read the books in six statements, whatever the number of SKUs; of each warehouse in which anything is known
    of one."""
    shelf = _Shelf({row[0]: row[1] for row in await session.execute(select(Warehouse.id, Warehouse.code))})
    levels = select(StockLevel.sku, StockLevel.warehouse_id, *_buckets(StockLevel))
    for sku, warehouse_id, *counts in await session.execute(levels.where(StockLevel.sku.in_(skus))):
        shelf.at((sku, warehouse_id)).level = Counts(*counts)
    place = (StockEntry.sku, StockEntry.warehouse_id)
    sums = [func.sum(bucket) for bucket in _buckets(StockEntry)]
    ledger = select(*place, *sums).where(StockEntry.sku.in_(skus)).group_by(*place)
    for sku, warehouse_id, *counts in await session.execute(ledger):
        shelf.at((sku, warehouse_id)).ledger = Counts(*map(int, counts))
    await _read_holds(session, skus, shelf)
    await _read_items(session, skus, shelf)
    return shelf.in_order()


class _Shelf:
    """The books by SKU and warehouse, made when first asked for."""

    def __init__(self, codes: dict[UUID, str]) -> None:
        self._codes = codes
        self._books: dict[Place, Books] = {}

    def code(self, warehouse_id: UUID) -> str:
        return self._codes.get(warehouse_id, warehouse_id.hex)

    def at(self, place: Place) -> Books:
        if place not in self._books:
            self._books[place] = Books(*place, self.code(place[1]))
        return self._books[place]

    def in_order(self) -> list[Books]:
        return sorted(self._books.values(), key=lambda books: (books.sku.encode(), books.warehouse))


async def _read_holds(session: AsyncSession, skus: Sequence[str], shelf: _Shelf) -> None:
    by = (StockHold.sku, StockHold.warehouse_id, StockHold.state)
    units = select(*by, func.sum(StockHold.quantity - StockHold.shipped)).group_by(*by)
    kept = units.where(StockHold.sku.in_(skus), StockHold.state.in_((HoldState.HELD, HoldState.COMMITTED)))
    for sku, warehouse_id, state, count in await session.execute(kept):
        books = shelf.at((sku, warehouse_id))
        if state == HoldState.HELD:
            books.held += int(count)
        else:
            books.committed += int(count)


async def _read_items(session: AsyncSession, skus: Sequence[str], shelf: _Shelf) -> None:
    """Read the items, and what orders of sales hold."""
    orders, shipped = await _read_orders(session, skus)
    rows = await session.execute(
        select(FlashSaleItem, FlashSale.starts_at, FlashSale.ends_at, FlashSale.closed_at)
        .join(FlashSale, FlashSale.id == FlashSaleItem.sale_id)
        .where(FlashSaleItem.sku.in_(skus))
        .order_by(FlashSaleItem.id)
        .execution_options(populate_existing=True)
    )
    for item, starts_at, ends_at, closed_at in rows:
        books, units = shelf.at((item.sku, item.warehouse_id)), orders.get(item.id, {})
        books.held += units.get(OrderStatus.AWAITING_PAYMENT, 0)
        books.committed += units.get(OrderStatus.PAID, 0) - shipped.get(item.id, 0)
        books.items.append(
            ItemBooks(
                id=item.id,
                sku=item.sku,
                warehouse=books.warehouse,
                quantity=item.quantity,
                remaining=item.remaining,
                starts_at=starts_at,
                ends_at=min(ends_at, closed_at or ends_at),
                settled=item.settled_at is not None,
                taken=sum(units.values()),
            )
        )


async def _read_orders(
    session: AsyncSession, skus: Sequence[str]
) -> tuple[dict[UUID, dict[str, int]], dict[UUID, int]]:
    """Read units that were not given back, by sale's item and order's state; and what PAID orders have shipped."""
    by = (OrderLine.flash_sale_item_id, Order.status)
    units = (
        select(*by, func.sum(OrderLine.kept), func.sum(OrderLine.shipped))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.sku.in_(skus), Order.status.not_in(GIVEN_BACK), OrderLine.flash_sale_item_id.is_not(None))
        # As services/shared/order_states.py has it.
        .where(or_(Order.status != OrderStatus.REFUNDED, OrderLine.shipped > 0))
        .group_by(*by)
    )
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    shipped: dict[UUID, int] = {}
    for item_id, status, count, gone in await session.execute(units):
        if item_id is not None:
            found[item_id][status] = int(count)
            if status == OrderStatus.PAID:
                shipped[item_id] = int(gone)
    return found, shipped


def _buckets(table: type[StockLevel] | type[StockEntry]) -> list[Any]:
    return [getattr(table, name) for name in Counts._fields]
