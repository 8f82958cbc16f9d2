"""The index's postings: which products have which words."""

import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.index_entry import IndexEntry
from services.catalog.rows import POSTINGS, TEXTS, insert_rows, replace_rows

Levels = Mapping[int, int]
"""The level of each term."""

_POSTING: Final = struct.Struct(">qb")
_CHUNK: Final = 500


async def stored_terms(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Levels]:
    """Read the terms of those products that the index has."""
    found = await session.execute(select(TEXTS.c.product_id, TEXTS.c.terms).where(TEXTS.c.product_id.in_(ids)))
    return {row.product_id: dict(_POSTING.iter_unpack(row.terms)) for row in found}


async def write_terms(
    session: AsyncSession, entries: Mapping[UUID, IndexEntry], known: Mapping[UUID, Levels]
) -> None:
    changed = {key: entry for key, entry in entries.items() if known.get(key) != entry.terms}
    before = {key: known.get(key, {}).items() for key in changed}
    gone = {key: {term for term, _ in before[key] - entry.terms.items()} for key, entry in changed.items()}
    await delete_postings(session, gone)
    postings = [
        {"term_id": term, "product_id": key, "level": level}
        for key, entry in changed.items()
        for term, level in entry.terms.items() - before[key]
    ]
    await insert_rows(session, POSTINGS, sorted(postings, key=_order))
    rows = [
        {"product_id": key, "body": entry.body, "terms": _packed(entry.terms)}
        for key, entry in sorted(entries.items())
    ]
    await replace_rows(session, TEXTS, rows, old=known.keys())


def _order(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["term_id"], row["product_id"].int


async def delete_postings(session: AsyncSession, gone: Mapping[UUID, Collection[int]]) -> None:
    """Delete of each product those terms, each row by its key."""
    keys = [(term, key) for key in gone for term in gone[key]]
    keys.sort(key=lambda pair: (pair[0], pair[1].int))
    posting = POSTINGS.c
    if session.get_bind().dialect.name == "sqlite" and keys:
        # For a list of pairs it would read the whole table.
        one = delete(POSTINGS).where(posting.term_id == bindparam("term"), posting.product_id == bindparam("key"))
        await session.execute(one, [{"term": term, "key": key} for term, key in keys])
        return
    for start in range(0, len(keys), _CHUNK):
        pair = tuple_(posting.term_id, posting.product_id)
        await session.execute(delete(POSTINGS).where(pair.in_(keys[start : start + _CHUNK])))


def _packed(terms: Levels) -> bytes:
    return b"".join(_POSTING.pack(term, level) for term, level in sorted(terms.items()))
