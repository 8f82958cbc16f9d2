"""The lists that products are in, and their places there."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.index_entry import IndexEntry
from services.catalog.keys import by_stock
from services.catalog.rows import LISTINGS, Row, replace_rows

_COLUMNS: Final = tuple(column.name for column in LISTINGS.columns)


async def write_listings(
    session: AsyncSession, entries: Mapping[UUID, IndexEntry], known: Collection[UUID], stocked: Collection[UUID]
) -> None:
    """Write products into the index.

    ``known``: those of them that it has. ``stocked``: those that can be ordered.
    """
    before: dict[UUID, set[tuple[Any, ...]]] = defaultdict(set)
    for row in await session.execute(select(LISTINGS).where(LISTINGS.c.product_id.in_(sorted(known)))):
        before[row.product_id].add(tuple(row))
    rows = {key: _rows(entry, key in stocked) for key, entry in entries.items()}
    changed = {key for key, found in rows.items() if before[key] != {_values(row) for row in found}}
    written = [row for key in sorted(changed) for row in rows[key]]
    await replace_rows(session, LISTINGS, written, old=changed & set(known))


def _rows(entry: IndexEntry, in_stock: bool) -> list[Row]:
    numbers = sorted([*entry.lists, *(by_stock(number, in_stock) for number in entry.lists)])
    return [{"product_id": entry.product_id, "list_id": number, **entry.place} for number in numbers]


def _values(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _COLUMNS)
