"""Move products between the lists of those in stock and of those that are not, soon after their stock changed.

Not in the transaction that takes the last unit: the index would make a hot row wait. A level remembers what the
index was told of it (``StockLevel.listed``), so whoever changes a level need not think of it, and nothing is
missed.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE, Database
from models import Product, StockLevel, Variant
from services.catalog.find_stocked import find_stocked
from services.catalog.keys import BY_STOCK, SOLD_OUT
from services.catalog.rows import LISTINGS

BATCH: Final = 200
"""Levels that are looked at together."""
# Equal to, as ``IS`` would not use the index.
_MOVED: Final = (
    and_(StockLevel.listed == true(), StockLevel.available == 0, StockLevel.set_aside == 0),
    and_(StockLevel.listed == false(), StockLevel.available > 0),
    and_(StockLevel.listed == false(), StockLevel.available == 0, StockLevel.set_aside > 0),
)


def any_moved() -> ColumnElement[bool]:
    """Returns whether a level is not listed as its stock is, as an expression."""
    return or_(*(exists(select(StockLevel.sku).where(kind)) for kind in _MOVED))


async def follow_stock(database: Database) -> int:
    """Move a batch of products between the lists by their stock.

    Returns how many it looked at. Errors: StoreUnavailable.
    """
    ids = await _to_list(database)
    if ids:
        await database.transact(lambda session: _move(session, ids), timeout=WORKERS_PATIENCE)
    return len(ids)


async def _to_list(database: Database) -> Sequence[UUID]:
    skus = union(*(select(_some(kind).subquery().c.sku) for kind in _MOVED)).subquery()
    async with database.read() as session:
        found = select(Variant.product_id).join(skus, skus.c.sku == Variant.sku).distinct()
        return (await session.scalars(found)).all()


def _some(kind: ColumnElement[bool]) -> Select[Any]:
    return select(StockLevel.sku).where(kind).limit(BATCH)


async def _move(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """The products first, as everybody does who writes their entries."""
    await session.execute(select(Product.id).where(Product.id.in_(ids)).order_by(Product.id).with_for_update())
    stocked = await find_stocked(session, ids)
    await _shift(session, stocked, LISTINGS.c.list_id >= SOLD_OUT, LISTINGS.c.list_id - SOLD_OUT)
    gone = set(ids) - stocked
    in_stock = LISTINGS.c.list_id.op("&")(BY_STOCK | SOLD_OUT) == BY_STOCK
    await _shift(session, gone, in_stock, LISTINGS.c.list_id + SOLD_OUT)


async def _shift(
    session: AsyncSession, ids: Collection[UUID], which: ColumnElement[bool], number: ColumnElement[int]
) -> None:
    if ids:
        statement = update(LISTINGS).where(LISTINGS.c.product_id.in_(sorted(ids)), which)
        await session.execute(statement.values(list_id=number))
