"""Read the audit log, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from infra.runtime import Infra
from models import AuditEntry
from services.shared.pages import Cut, IdPage, read_count, read_page

MAX_TEXT = 64


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """``actor`` and ``subject`` are ids in hex or names, as they were recorded; ``since`` is in, ``until`` out."""

    action: str | None = None
    outcome: str | None = None
    actor: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_entries(infra: Infra, wanted: AuditFilter, page: IdPage) -> Cut[AuditEntry]:
    """Returns a page of the audit log, by one statement. Errors: StoreUnavailable."""
    return await read_page(infra, _matching(select(AuditEntry), wanted), AuditEntry.id, page)


async def count_entries(infra: Infra, wanted: AuditFilter) -> int:
    """Errors: StoreUnavailable."""
    return await read_count(infra, _matching(select(func.count()).select_from(AuditEntry), wanted))


async def find_entries(infra: Infra, ids: Sequence[UUID]) -> list[AuditEntry | None]:
    """Returns the entries in the order of ``ids``. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = {row.id: row for row in await session.scalars(select(AuditEntry).where(AuditEntry.id.in_(ids)))}
    return [found.get(id_) for id_ in ids]


def _matching(statement: Select[Any], wanted: AuditFilter) -> Select[Any]:
    for column in ("action", "outcome", "actor", "subject"):
        value = getattr(wanted, column)
        if value is not None:
            statement = statement.where(getattr(AuditEntry, column) == value)
    if wanted.since is not None:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEntry.at < wanted.until)
    return statement
