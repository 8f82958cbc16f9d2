"""The lists that products are in, and their places there."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.search.entry import IndexEntry
from services.search.write_rows import LISTINGS, Row, replace_rows

_COLUMNS: Final = tuple(column.name for column in LISTINGS.columns)


async def write_listings(
    session: AsyncSession, entries: Mapping[UUID, IndexEntry], known: Collection[UUID]
) -> None:
    """``known``: those of them that the index has."""
    before: dict[UUID, set[tuple[Any, ...]]] = defaultdict(set)
    for row in await session.execute(select(LISTINGS).where(LISTINGS.c.product_id.in_(sorted(known)))):
        before[row.product_id].add(tuple(row))
    rows = {key: _rows(entry) for key, entry in entries.items()}
    changed = {key for key, found in rows.items() if before[key] != {_values(row) for row in found}}
    written = [row for key in sorted(changed) for row in rows[key]]
    await replace_rows(session, LISTINGS, written, old=changed & set(known))


def _rows(entry: IndexEntry) -> list[Row]:
    return [{"product_id": entry.product_id, "list_id": number, **entry.place} for number in sorted(entry.lists)]


def _values(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _COLUMNS)
