"""The type of categories: a tree, and the products in it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.documents import CategoryDoc
from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.context import Context, Info
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.shared.relay import Page, paged
from services.catalog.views import visible
from services.finding.product_filter import ProductFilter as Filter
from services.finding.product_page import ProductSort

if TYPE_CHECKING:
    from resolvers.catalog.types import ProductConnection


@strawberry.type(directives=[cached(CATALOG)], description="A place in the tree that products are sorted into.")
class Category(Node):
    name: str = strawberry.field(description="What it is called.")
    slug: str = strawberry.field(description="Its name in addresses.")
    position: int = strawberry.field(description="Its place among its siblings; equal ones are by name.")
    version: int = strawberry.field(description="Counts its changes; a mutation names the one it is based on.")
    is_archived: bool = strawberry.field(description="Shown to staff only.")
    document: strawberry.Private[CategoryDoc]

    @classmethod
    def of(cls, document: CategoryDoc) -> "Category":
        return cls(
            id=encode_id("Category", document.id),
            name=document.name,
            slug=document.slug,
            position=document.position,
            version=document.version,
            is_archived=document.archived,
            document=document,
        )

    @field(max_age=CATALOG, description="The one above; null: it is at the root.")
    @loaded(lambda loaders: loaders.category_by_id, lambda self: self.document.parent_id)
    def parent(self, info: Info, document: CategoryDoc | None) -> "Category | None":
        return show_category(info.context, document)

    @field(description="From the root of the tree down to the parent.", max_age=CATALOG)
    async def ancestors(self, info: Info) -> list["Category"]:
        found: list[Category] = []
        above = await load_category(info.context, self.document.parent_id)
        while above is not None:
            found.append(above)
            above = await load_category(info.context, above.document.parent_id)
        return found[::-1]

    @field(
        description="Directly below, in their order; the archived ones too when staff ask for them.",
        max_age=CATALOG,
    )
    async def children(
        self,
        info: Info,
        include_archived: Annotated[
            bool, strawberry.argument(description="The archived ones too; for staff only.")
        ] = False,
    ) -> list["Category"]:
        found = await info.context.loaders.children_by_category.load(self.document.id)
        shown = (document for document in found if include_archived or not document.archived)
        return [Category.of(document) for document in shown if visible(info.context.viewer, document)]

    @field(description="The products of this very category, newest first.", max_age=CATALOG)
    @paged
    async def products(
        self, info: Info, page: Page
    ) -> Annotated["ProductConnection", strawberry.lazy("resolvers.catalog.types")]:
        from resolvers.catalog.types import product_connection  # which knows this module

        wanted = Filter(category_id=self.document.id)
        return await product_connection(info.context, wanted, page, ProductSort.NEWEST)


async def load_category(context: Context, category_id: UUID | None) -> Category | None:
    """Load a category; None for none, and for one that the viewer must not see."""
    if category_id is None:
        return None
    return show_category(context, await context.loaders.category_by_id.load(category_id))


def show_category(context: Context, document: CategoryDoc | None) -> Category | None:
    """Returns the category; None for none, and for one that the viewer must not see."""
    shown = visible(context.viewer, document)
    return None if shown is None else Category.of(shown)


async def _load_categories(context: Context, ids: Sequence[UUID]) -> list[Category | None]:
    found = await context.loaders.category_by_id.load_many(ids)
    return [Category.of(shown) if (shown := visible(context.viewer, doc)) else None for doc in found]


register_node("Category", _load_categories)
