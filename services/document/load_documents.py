"""Put documents on the list of those that the shop's own clients send. They stay until they are removed."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import ListedDocument
from services.document.read_manifest import MOST, BadManifest, Listed

_OPERATION: Final = re.compile(r"\b(?:query|mutation|subscription)\s+([_A-Za-z][_0-9A-Za-z]*)", re.ASCII)
_AT_ONCE: Final = 500


async def load_documents(infra: Infra, documents: Sequence[Listed]) -> int:
    """Put all of them on the list, or none; one whose id is there takes its place.

    Returns how many are new. Errors: BadManifest, when the list would be too long; StoreUnavailable.
    """
    now = infra.now()
    rows: list[dict[str, Any]] = [
        {"id": one.id, "name": _name(one.text), "text": one.text, "loaded_at": now} for one in documents
    ]

    async def work(session: AsyncSession) -> int:
        count = select(func.count()).select_from(ListedDocument)
        before = await session.scalar(count) or 0
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            ids = [row["id"] for row in part]
            await session.execute(delete(ListedDocument).where(ListedDocument.id.in_(ids)))
            await session.execute(insert(ListedDocument), part)
        after = await session.scalar(count) or 0
        if after > MOST:
            raise BadManifest(f"with them the list has {after:,} documents, more than {MOST:,}")
        return after - before

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)


def _name(text: str) -> str:
    found = _OPERATION.search(text)
    return found[1][:200] if found else ""
