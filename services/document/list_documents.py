"""Look at the list of documents that the shop's own clients send."""

from collections.abc import Sequence

from sqlalchemy import select

from infra.runtime import Infra
from models import ListedDocument


async def list_documents(infra: Infra) -> Sequence[ListedDocument]:
    """Returns all of them, by their operations' names. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(ListedDocument).order_by(ListedDocument.name, ListedDocument.id))
        return list(found)
