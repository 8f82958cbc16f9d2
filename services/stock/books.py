"""The books of a SKU: what the database says of its stock in several places, read at one moment."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import is_outage
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, Order, OrderLine, OrderStatus, StockEntry, StockLevel
from services.flash_sale.load_item import GIVEN_BACK

_PATIENCE = 60.0


class Counts(NamedTuple):
    """The buckets of a stock level."""

    on_hand: int = 0
    available: int = 0
    set_aside: int = 0
    held: int = 0
    committed: int = 0


_NONE = Counts()


@dataclass(frozen=True, slots=True)
class ItemBooks:
    """``taken``: units of its orders that were not given back."""

    id: UUID
    sku: str
    quantity: int
    remaining: int
    starts_at: datetime
    ends_at: datetime
    settled: bool
    taken: int


@dataclass(slots=True)
class Books:
    """``level`` is None when there is none; ``held`` and ``committed`` are summed over the orders."""

    sku: str
    level: Counts | None = None
    ledger: Counts = _NONE
    held: int = 0
    committed: int = 0
    items: list[ItemBooks] = field(default_factory=list)

    @property
    def unsettled(self) -> list[ItemBooks]:
        return [item for item in self.items if not item.settled]


@asynccontextmanager
async def one_moment(infra: Infra) -> AsyncIterator[AsyncSession]:
    """A session whose statements all see the same moment, without a lock. Errors: StoreUnavailable."""
    try:
        async with asyncio.timeout(_PATIENCE), AsyncSession(infra.database.engine) as session:
            if not infra.database.is_sqlite:
                # For this transaction only: our connections are READ COMMITTED, a moment for each statement.
                await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            yield session
    except Exception as error:
        if is_outage(error):
            raise StoreUnavailable("database") from error
        raise


async def next_skus(session: AsyncSession, after: str, limit: int) -> list[str]:
    """The next SKUs that anything is known of: a level, a sale, an order or a ledger's row."""
    found: set[str] = set()
    for column in (StockLevel.sku, FlashSaleItem.sku, OrderLine.sku, StockEntry.sku):
        page = select(column).where(column > after).distinct().order_by(column).limit(limit)
        found |= set(await session.scalars(page))
    return sorted(found, key=str.encode)[:limit]


async def read_books(session: AsyncSession, skus: Sequence[str]) -> dict[str, Books]:
    """In four statements, whatever the number of SKUs; each is there, also when nothing is known of it."""
    books = {sku: Books(sku) for sku in skus}
    levels = select(StockLevel.sku, *_buckets(StockLevel)).where(StockLevel.sku.in_(skus))
    for sku, *counts in await session.execute(levels):
        books[sku].level = Counts(*counts)
    sums = [func.sum(bucket) for bucket in _buckets(StockEntry)]
    ledger = select(StockEntry.sku, *sums).where(StockEntry.sku.in_(skus)).group_by(StockEntry.sku)
    for sku, *counts in await session.execute(ledger):
        books[sku].ledger = Counts(*map(int, counts))
    taken = await _read_orders(session, books)
    await _read_items(session, books, taken)
    return books


async def _read_orders(session: AsyncSession, books: dict[str, Books]) -> dict[UUID | None, int]:
    """Sums held and committed units up; returns the units by item that were not given back."""
    taken: dict[UUID | None, int] = defaultdict(int)
    by = (OrderLine.sku, OrderLine.flash_sale_item_id, Order.status)
    units = (
        select(*by, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.sku.in_(list(books)), Order.status.not_in(GIVEN_BACK))
        .group_by(*by)
    )
    for sku, item_id, status, count in await session.execute(units):
        taken[item_id] += int(count)
        if status == OrderStatus.AWAITING_PAYMENT:
            books[sku].held += int(count)
        elif status == OrderStatus.PAID:
            books[sku].committed += int(count)
    return taken


async def _read_items(session: AsyncSession, books: dict[str, Books], taken: dict[UUID | None, int]) -> None:
    rows = await session.execute(
        select(FlashSaleItem, FlashSale.starts_at, FlashSale.ends_at, FlashSale.closed_at)
        .join(FlashSale, FlashSale.id == FlashSaleItem.sale_id)
        .where(FlashSaleItem.sku.in_(list(books)))
        .order_by(FlashSaleItem.id)
        .execution_options(populate_existing=True)
    )
    for item, starts_at, ends_at, closed_at in rows:
        books[item.sku].items.append(
            ItemBooks(
                id=item.id,
                sku=item.sku,
                quantity=item.quantity,
                remaining=item.remaining,
                starts_at=starts_at,
                ends_at=min(ends_at, closed_at or ends_at),
                settled=item.settled_at is not None,
                taken=taken.get(item.id, 0),
            )
        )


def _buckets(table: type[StockLevel] | type[StockEntry]) -> list[Any]:
    return [getattr(table, name) for name in Counts._fields]
