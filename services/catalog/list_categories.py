"""List the categories: from the cache, each list under a version that any change of a category throws away."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select

from infra.runtime import Infra
from models import Category
from models.changes import CATEGORIES
from models.documents import CategoryDoc, category_doc, category_of
from services.catalog.views import cached_listing

MOST: Final = 1000
_SCOPES: Final = (CATEGORIES,)


async def list_categories(infra: Infra, *, include_archived: bool = False) -> list[CategoryDoc]:
    """Returns the categories by name, at most 1000. Errors: StoreUnavailable."""

    async def read() -> list[CategoryDoc]:
        statement = select(Category).order_by(Category.name, Category.id).limit(MOST)
        if not include_archived:
            statement = statement.where(Category.archived_at.is_(None))
        async with infra.database.read() as session:
            return [category_doc(row) for row in await session.scalars(statement)]

    return await cached_listing(
        infra, ("categories", include_archived), _SCOPES, read, orjson.dumps, _load_categories
    )


async def list_children(infra: Infra, parent_ids: Sequence[UUID]) -> dict[UUID, list[CategoryDoc]]:
    """Returns the children by parent, each in their order, the archived ones too; one statement.

    Errors: StoreUnavailable.
    """

    async def read() -> dict[UUID, list[CategoryDoc]]:
        statement = select(Category).where(Category.parent_id.in_(parent_ids))
        statement = statement.order_by(Category.position, Category.name, Category.id)
        found: dict[UUID, list[CategoryDoc]] = {}
        async with infra.database.read() as session:
            for row in await session.scalars(statement):
                if row.parent_id is not None:
                    found.setdefault(row.parent_id, []).append(category_doc(row))
        return found

    question = ("children", sorted(parent_ids))
    return await cached_listing(infra, question, _SCOPES, read, _dump_children, _load_children)


async def find_category(infra: Infra, slug: str) -> UUID | None:
    """Errors: StoreUnavailable."""

    async def read() -> UUID | None:
        async with infra.database.read() as session:
            return await session.scalar(select(Category.id).where(Category.slug == slug))

    return await cached_listing(infra, ("category", slug), _SCOPES, read, orjson.dumps, _load_id)


def _load_categories(raw: bytes) -> list[CategoryDoc]:
    return [category_of(one) for one in orjson.loads(raw)]


def _dump_children(children: Mapping[UUID, Sequence[CategoryDoc]]) -> bytes:
    return orjson.dumps({parent.hex: documents for parent, documents in children.items()})


def _load_children(raw: bytes) -> dict[UUID, list[CategoryDoc]]:
    found: dict[str, list[dict[str, Any]]] = orjson.loads(raw)
    return {UUID(hex=parent): [category_of(one) for one in documents] for parent, documents in found.items()}


def _load_id(raw: bytes) -> UUID | None:
    found = orjson.loads(raw)
    return None if found is None else UUID(found)
