"""Find categories by name or by their way down the tree, making those that are not there."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import Category
from services.catalog.rows import lock_parents, require_depth
from services.catalog.rules import SLUG_LENGTH, latin_slug

_KEPT_BY_SLUG = re.compile(r"[A-Za-z0-9 _-]+", re.ASCII)


Path = tuple[tuple[str, str], ...]
"""Slug and name of each category, from the root down."""


@dataclass(frozen=True, slots=True)
class Categories:
    """Ids of the categories that a file names, by name and by path."""

    by_name: Mapping[str, UUID]
    by_path: Mapping[Path, UUID]

    def of(self, name: str, path: Path) -> UUID | None:
        return self.by_path.get(path) if path else self.by_name.get(name)


async def find_paths(session: AsyncSession, paths: Collection[Path]) -> dict[Path, UUID]:
    """Find, or create, the last category of each path, wherever in the tree it is by now; within the caller's
    transaction.

    Errors: InvalidInput when the tree would become too deep, or a parent is archived.
    """
    slugs = {slug for path in paths for slug, _ in path}
    rows = await session.execute(select(Category.slug, Category.id).where(Category.slug.in_(slugs)))
    ids: dict[str, UUID] = dict(rows.all())
    for path in sorted(paths):
        parent: UUID | None = None
        for slug, name in path:
            if slug not in ids:
                require_depth(1 + await lock_parents(session, parent))
                ids[slug] = new_id()
                session.add(Category(id=ids[slug], slug=slug, name=name, parent_id=parent))
                await session.flush()
            parent = ids[slug]
    return {path: ids[path[-1][0]] for path in paths}


async def find_categories(session: AsyncSession, names: Collection[str]) -> dict[str, UUID]:
    """Find, or create, each name's category, within the caller's transaction."""
    slugs = {name: category_slug(name) for name in names}
    rows = await session.execute(select(Category.slug, Category.id).where(Category.slug.in_(set(slugs.values()))))
    ids = dict(rows.all())
    for name, slug in slugs.items():
        if slug not in ids:
            ids[slug] = new_id()
            session.add(Category(id=ids[slug], slug=slug, name=name, parent_id=None))
    await session.flush()
    return {name: ids[slug] for name, slug in slugs.items()}


def category_slug(name: str) -> str:
    """Returns a category's slug: the same for names that differ in case or spacing only, and for no others:
    ``C++`` is not ``C``."""
    plain = latin_slug(name)
    if plain and _KEPT_BY_SLUG.fullmatch(name):
        return plain
    digest = hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()[:8]
    return f"{plain or 'category'}"[: SLUG_LENGTH - 9] + f"-{digest}"
