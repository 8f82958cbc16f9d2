"""The list of documents as a process has it in memory: all of it, so that neither store is asked for one.

It is in the database. Whether it has changed is a question of its length and of when it was last loaded.
"""

import hashlib
from datetime import datetime

from sqlalchemy import func, select

from infra.runtime import Infra
from models import ListedDocument
from services.document.list_documents import list_documents
from services.document.read_manifest import normal_id


class KnownList:
    """One a process. ``is_loaded``: it has been read from the database once."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._mark: tuple[int, datetime | None] | None = None
        self._texts: dict[str, str] = {}
        self._digests: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def is_loaded(self) -> bool:
        return self._mark is not None

    def find(self, id_: str) -> str | None:
        """Returns the text of that id; a hash may be in capitals."""
        name = normal_id(id_)
        return self._texts.get(name) or self._texts.get(name.lower())

    def has(self, text: str) -> bool:
        """Returns whether the very text is listed, whatever its id."""
        return _digest(text) in self._digests

    async def look(self) -> None:
        """Read the list anew if it has changed. Errors: StoreUnavailable."""
        wanted = select(func.count(), func.max(ListedDocument.loaded_at)).select_from(ListedDocument)
        async with self._infra.database.read() as session:
            count, newest = (await session.execute(wanted)).one()
        if (count, newest) == self._mark:
            return
        rows = await list_documents(self._infra)
        self._texts = {row.id: row.text for row in rows}
        self._digests = frozenset(map(_digest, self._texts.values()))
        self._mark = (count, newest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
