"""Rows of the values of customers and orders, by which these are found."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, or_
from sqlalchemy.ext.asyncio import AsyncSession

from models import MetadataEntry
from models.metadata_document import Meta
from services.metadata.rules import digest
from services.metadata.views import Found


async def write_entries(session: AsyncSession, owner_id: UUID, before: Meta, after: Meta) -> None:
    """Make the rows those of ``after``; the owner's own row is locked."""
    gone = [UUID(id_) for id_, value in before.items() if after.get(id_) != value]
    mine = MetadataEntry.owner_id == owner_id
    if gone:
        await session.execute(delete(MetadataEntry).where(mine, MetadataEntry.definition_id.in_(gone)))
    rows = [
        {"definition_id": UUID(id_), "digest": digest(value), "owner_id": owner_id}
        for id_, value in sorted(after.items())
        if before.get(id_) != value
    ]
    if rows:
        await session.execute(insert(MetadataEntry), rows)


async def forget_entries(session: AsyncSession, owner_id: UUID) -> None:
    await session.execute(delete(MetadataEntry).where(MetadataEntry.owner_id == owner_id))


def has_one_of(found: Found, entry: type[MetadataEntry] = MetadataEntry) -> ColumnElement[bool]:
    """Returns the condition on a row of values."""
    pairs = [and_(entry.definition_id == id_, entry.digest == value) for id_, value in found]
    return or_(*pairs)
