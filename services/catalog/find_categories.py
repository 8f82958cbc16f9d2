"""Find categories by name, making those that are not there."""

import hashlib
import re
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import Category
from services.catalog.rules import SLUG_LENGTH, slugify

_KEPT_BY_SLUG = re.compile(r"[A-Za-z0-9 _-]+", re.ASCII)


async def find_categories(session: AsyncSession, names: Collection[str]) -> dict[str, UUID]:
    """The id of each name's category, within the caller's transaction."""
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
    """The same for names that differ in case or spacing only, and for no others: ``C++`` is not ``C``."""
    plain = slugify(name)
    if plain and _KEPT_BY_SLUG.fullmatch(name):
        return plain
    digest = hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()[:8]
    return f"{plain or 'category'}"[: SLUG_LENGTH - 9] + f"-{digest}"
