"""The index's tables, and many rows at once into one of them."""

from collections.abc import Collection, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.insert_ignoring import insert_ignoring
from models import Base, ListingName, ProductListing, SearchDocument, SearchPosting, SearchText

_CHUNK: Final = 5_000


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


LISTINGS: Final = _table(ProductListing)
NAMES: Final = _table(ListingName)
POSTINGS: Final = _table(SearchPosting)
DOCUMENTS: Final = _table(SearchDocument)
TEXTS: Final = _table(SearchText)

Row = dict[str, Any]


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Row], *, ignore: bool = False) -> None:
    """In the order given: sort them by their key, so that two writers do not wait for each other in a circle.

    ``ignore``: rows that are there already stay as they are.
    """
    statement = insert_ignoring(table) if ignore else insert(table)
    for start in range(0, len(rows), _CHUNK):
        await session.execute(statement, rows[start : start + _CHUNK])


async def replace_rows(session: AsyncSession, table: Table, rows: Sequence[Row], old: Collection[UUID]) -> None:
    """Instead of all rows of the products ``old``: two statements, however many."""
    if old:
        await session.execute(delete(table).where(table.c.product_id.in_(sorted(old))))
    await insert_rows(session, table, rows)
