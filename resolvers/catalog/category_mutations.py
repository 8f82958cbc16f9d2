"""Change the tree of categories. For staff."""

import strawberry

from models.documents import CategoryDoc
from models.enums import Role, Scope
from resolvers.catalog.category_types import Category
from resolvers.catalog.change_inputs import kept
from resolvers.catalog.results import ChangeCategoryResult, CreateCategoryResult
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from services.catalog.archive_category import archive_category, restore_category
from services.catalog.change_category import CategoryBased
from services.catalog.create_category import CategoryDraft, create_category
from services.catalog.move_category import CategoryMove, move_category
from services.catalog.rules import normal_slug
from services.catalog.update_category import CategoryChange, update_category


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    name: str = strawberry.field(description="What it is called.")
    slug: str | None = strawberry.field(default=None, description="Made from the name when absent.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="Null: at the root of the tree.")


@strawberry.input(description="A category to be archived or restored.")
class CategoryStateInput:
    id: strawberry.ID = strawberry.field(description="Of the category.")
    version: int = strawberry.field(description="The version that the change is based on.")

    def based(self) -> CategoryBased:
        """Errors: InvalidInput."""
        return CategoryBased(input_id(self.id, "Category", "id"), self.version)


@strawberry.input(description="What is left out stays as it is.")
class UpdateCategoryInput(CategoryStateInput):
    name: str | None = strawberry.field(default=None, description="What it is called.")
    slug: str | None = strawberry.field(default=None, description="Its name in addresses.")


@strawberry.input(description="Where in the tree a category is to be.")
class MoveCategoryInput(CategoryStateInput):
    parent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The new parent; null: to the root; left out: stays where it is."
    )
    position: int | None = strawberry.field(
        default=None, description="Its place among its siblings, from 0; behind them when absent."
    )


@strawberry.type
class CategoryMutation:
    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Create a category, behind its siblings.")
    async def create_category(self, info: Info, input: CreateCategoryInput) -> CreateCategoryResult:
        parent = input.parent_id
        parent_id = None if parent is None else input_id(parent, "Category", "parentId")
        draft = CategoryDraft(input.name, input.slug and normal_slug(input.slug), parent_id)
        return _changed(info, await create_category(info.context.infra, draft))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Change what a category is called.")
    async def update_category(self, info: Info, input: UpdateCategoryInput) -> ChangeCategoryResult:
        change = CategoryChange(input.name, input.slug and normal_slug(input.slug))
        return _changed(info, await update_category(info.context.infra, input.based(), change))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Put a category, with all below it, elsewhere in the tree.",
    )
    async def move_category(self, info: Info, input: MoveCategoryInput) -> ChangeCategoryResult:
        parent = kept(input.parent_id)
        parent_id = input_id(parent, "Category", "parentId") if isinstance(parent, str) else parent
        move = CategoryMove(parent_id, input.position)
        return _changed(info, await move_category(info.context.infra, input.based(), move))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Take a category out of the shop, when none below it is in it any more.",
    )
    async def archive_category(self, info: Info, input: CategoryStateInput) -> ChangeCategoryResult:
        return _changed(info, await archive_category(info.context.infra, input.based()))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Bring an archived category back.")
    async def restore_category(self, info: Info, input: CategoryStateInput) -> ChangeCategoryResult:
        return _changed(info, await restore_category(info.context.infra, input.based()))


def _changed(info: Info, document: CategoryDoc) -> Category:
    info.context.loaders.forget_categories()
    return Category.of(document)
