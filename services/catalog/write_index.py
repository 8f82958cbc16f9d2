"""Write what products are found by, in the transaction that writes the products.

Whoever changes products calls ``write_index`` with what became of them, while it holds their rows: then nobody
else writes the same entries. What was forgotten is found by services/catalog/reindex_all.py.
"""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.documents import ProductDoc
from services.catalog.find_stocked import find_stocked
from services.catalog.index_entry import MADE_BY, IndexEntry, index_entry
from services.catalog.keys import VALUE_BITS
from services.catalog.rows import DOCUMENTS, LISTINGS, NAMES, TEXTS, Row, insert_rows, replace_rows
from services.catalog.write_listings import write_listings
from services.catalog.write_terms import Levels, delete_postings, stored_terms, write_terms


async def write_index(session: AsyncSession, products: Iterable[ProductDoc], *, anew: bool = False) -> None:
    """Make the index say what these products are; what is right already stays untouched, unless ``anew``.

    As many statements for hundreds of products as for one, but for those that take postings out.
    """
    entries = {entry.product_id: entry for entry in map(index_entry, products)}
    if not entries:
        return
    known = await stored_terms(session, sorted(entries))
    if anew:
        await _take_out(session, entries, known)
        known = {}
    await write_terms(session, entries, known)
    await write_listings(session, entries, known.keys(), await find_stocked(session, sorted(entries)))
    await _write_documents(session, entries, known.keys())
    await _write_names(session, entries.values())


async def _take_out(
    session: AsyncSession, entries: Mapping[UUID, IndexEntry], known: Mapping[UUID, Levels]
) -> None:
    """Also what should be there and is not noted."""
    ids = sorted(entries)
    await delete_postings(session, {key: {*known.get(key, ()), *entries[key].terms} for key in ids})
    for table in (LISTINGS, DOCUMENTS, TEXTS):
        await session.execute(delete(table).where(table.c.product_id.in_(ids)))


async def _write_documents(
    session: AsyncSession, entries: Mapping[UUID, IndexEntry], known: Collection[UUID]
) -> None:
    await replace_rows(session, DOCUMENTS, [_document(entries[key]) for key in sorted(entries)], old=known)


def _document(entry: IndexEntry) -> Row:
    return {
        "product_id": entry.product_id,
        "version": entry.version,
        "updated_at": entry.updated_at,
        "made_by": MADE_BY,
        "title": entry.title,
        "labels": entry.labels,
        **entry.place,
    }


async def _write_names(session: AsyncSession, entries: Iterable[IndexEntry]) -> None:
    """A name stays as it was first written."""
    wanted = {number & VALUE_BITS: name for entry in entries for number, name in entry.lists.items() if name}
    known = await session.scalars(select(NAMES.c.list_id).where(NAMES.c.list_id.in_(sorted(wanted))))
    for number in known:
        del wanted[number]
    rows = [{"list_id": number, "name": wanted[number]} for number in sorted(wanted)]
    # Another transaction may give the same name now.
    await insert_rows(session, NAMES, rows, ignore=True)
