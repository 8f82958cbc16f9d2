"""Create a category."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Category
from models.documents import CategoryDoc
from services.catalog import rules
from services.catalog.change_category import Changed, run_change
from services.catalog.find_categories import category_slug
from services.catalog.rows import lock_parents, next_position, require_depth, require_free_slug
from services.shared import texts
from services.shared.errors import FieldProblem, InvalidInput


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """``slug`` None: made from the name. ``parent_id`` None: at the root."""

    name: str
    slug: str | None = None
    parent_id: UUID | None = None


async def create_category(infra: Infra, draft: CategoryDraft) -> CategoryDoc:
    """Create a category behind its siblings. Errors: InvalidInput, SlugTaken, StoreUnavailable."""
    if problems := category_problems(draft.name, draft.slug):
        raise InvalidInput(problems)
    name = draft.name.strip()
    category_id, slug = new_id(), draft.slug or category_slug(name)

    async def run(session: AsyncSession) -> Changed:
        require_depth(1 + await lock_parents(session, draft.parent_id))
        await require_free_slug(session, slug)
        position = await next_position(session, draft.parent_id)
        made = Category(
            id=category_id, slug=slug, name=name, parent_id=draft.parent_id, position=position, version=1
        )
        session.add(made)
        return Changed(made)

    return await run_change(infra, run)


def category_problems(name: str | None, slug: str | None) -> list[FieldProblem]:
    """Returns what is wrong with a category's values; None: not given."""
    found = {
        "name": name and texts.line_problem(name, rules.CATEGORY_NAME_LENGTH),
        "slug": slug and rules.slug_problem(slug),
    }
    if name is not None and not name.strip():
        found["name"] = "must not be empty"
    if slug == "":
        found["slug"] = "must not be empty"
    return [FieldProblem(("input", field), problem) for field, problem in found.items() if problem]
