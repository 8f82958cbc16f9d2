"""Which products are in stock: some variant of theirs can be ordered now, outside or within a flash sale."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockLevel, Variant

HAS_UNITS: Final = or_(StockLevel.available > 0, StockLevel.set_aside > 0)
STALE_LISTED: Final[ColumnElement[bool]] = or_(
    and_(StockLevel.listed.is_(True), ~HAS_UNITS), and_(StockLevel.listed.is_(False), HAS_UNITS)
)
"""A level that became empty, or is no longer, since the index was told."""


async def find_stocked(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Find those of the products, which the caller has locked, that can be ordered; what is seen of their levels
    is noted as told.

    One statement, and one more when a level has changed so.
    """
    columns = (Variant.product_id, Variant.archived_at, StockLevel.sku, StockLevel.warehouse_id)
    levels = select(*columns, HAS_UNITS.label("has_units"), STALE_LISTED.label("to_list"))
    levels = levels.join_from(Variant, StockLevel, StockLevel.sku == Variant.sku)
    found = (await session.execute(levels.where(Variant.product_id.in_(ids)))).all()
    await _note_stocked(
        session, [(row.sku, row.warehouse_id, bool(row.has_units)) for row in found if row.to_list]
    )
    return {row.product_id for row in found if row.has_units and row.archived_at is None}


async def _note_stocked(session: AsyncSession, seen: Iterable[tuple[str, UUID, bool]]) -> None:
    """As it was seen: a level that has changed meanwhile then differs again."""
    places = sorted(seen)
    if not places:
        return
    key = tuple_(StockLevel.sku, StockLevel.warehouse_id)
    full = [(sku, warehouse) for sku, warehouse, has_units in places if has_units]
    value = case((key.in_(full), True), else_=False) if full else False
    await session.execute(
        update(StockLevel)
        .where(key.in_([(sku, warehouse) for sku, warehouse, _ in places]))
        .values(listed=value)
        .execution_options(synchronize_session=False)
    )
