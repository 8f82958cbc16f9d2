"""Read the stock ledger, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import StockCause, StockEntry
from services.shared.pages import Cut, IdPage, read_page


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    sku: str | None = None
    warehouse_id: UUID | None = None
    cause: StockCause | None = None


async def list_ledger(infra: Infra, wanted: LedgerFilter, page: IdPage) -> Cut[StockEntry]:
    """Returns a page of the ledger, by one statement. Errors: StoreUnavailable."""
    statement = select(StockEntry)
    for column in ("sku", "warehouse_id", "cause"):
        value = getattr(wanted, column)
        if value is not None:
            statement = statement.where(getattr(StockEntry, column) == value)
    return await read_page(infra, statement, StockEntry.id, page)


async def find_entries(infra: Infra, ids: Sequence[UUID]) -> list[StockEntry | None]:
    """Returns the entries in the order of ``ids``. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = {row.id: row for row in await session.scalars(select(StockEntry).where(StockEntry.id.in_(ids)))}
    return [found.get(id_) for id_ in ids]
