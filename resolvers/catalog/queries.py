"""Look at the catalog. Open to everybody."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import strawberry

from models.enums import MetadataOwner, Role, Scope
from resolvers.catalog.category_types import Category, load_category
from resolvers.catalog.inputs import ProductFilter
from resolvers.catalog.types import Product, ProductConnection, product_connection
from resolvers.metadata.types import MetadataFilter
from resolvers.shared.caching import CATALOG
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.fields import field
from resolvers.shared.node import argument_id
from resolvers.shared.permissions import check
from resolvers.shared.relay import Page, paged
from services.catalog.list_categories import find_category, list_categories
from services.catalog.rules import slug_of, slug_problem
from services.catalog.views import visible
from services.finding.product_filter import ProductFilter as Filter
from services.finding.product_page import ProductSort
from services.metadata.views import Found, find_wanted


@strawberry.type
class CatalogQuery:
    @field(description="A product by its id or its slug; null when there is none.", max_age=CATALOG)
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Or `slug`, not both.")] = None,
        slug: Annotated[
            str | None,
            strawberry.argument(description="Or `id`, not both; one of before leads to the product too."),
        ] = None,
    ) -> Product | None:
        _check_one_is_given(id, slug)
        loaders = info.context.loaders
        if id is not None:
            key = argument_id(id, "Product", "id")
        else:
            plain = slug_of(slug or "")
            if slug_problem(plain) or not (found := await loaders.product_id_by_slug.load(plain)):
                return None
            key = found
        document = visible(info.context.viewer, await loaders.product_by_id.load(key))
        return None if document is None else Product.of(document)

    @field(
        description="Products, newest first; with a search and no other sort, the best match first.",
        max_age=CATALOG,
    )
    @paged
    async def products(
        self,
        info: Info,
        page: Page,
        filter: Annotated[
            ProductFilter | None,
            strawberry.argument(description="Which ones; all that are published when left out."),
        ] = None,
        sort: Annotated[
            ProductSort | None, strawberry.argument(description="NEWEST when left out, RELEVANCE with a search.")
        ] = None,
    ) -> ProductConnection:
        wanted = filter.to_service(info) if filter else Filter()
        if filter is not None and filter.metadata:
            wanted = replace(wanted, metadata=await _metadata(info, filter.metadata))
        order = sort or (ProductSort.RELEVANCE if wanted.words else ProductSort.NEWEST)
        return await product_connection(info.context, wanted, page, order)

    @field(description="A category by its id or its slug; null when there is none.", max_age=CATALOG)
    async def category(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Or `slug`, not both.")] = None,
        slug: Annotated[str | None, strawberry.argument(description="Or `id`, not both.")] = None,
    ) -> Category | None:
        _check_one_is_given(id, slug)
        if id is not None:
            return await load_category(info.context, argument_id(id, "Category", "id"))
        if slug_problem(plain := slug_of(slug or "")):
            return None
        return await load_category(info.context, await find_category(info.context.infra, plain))

    @field(description="All categories, by name; the archived ones too when staff ask for them.", max_age=CATALOG)
    async def categories(
        self,
        info: Info,
        include_archived: Annotated[
            bool, strawberry.argument(description="The archived ones too; for staff only.")
        ] = False,
    ) -> list[Category]:
        if include_archived:
            check(info, [Role.STAFF], Scope.CATALOG_READ)
        found = await list_categories(info.context.infra, include_archived=include_archived)
        return [Category.of(document) for document in found]


async def _metadata(info: Info, asked: Sequence[MetadataFilter]) -> tuple[Found, ...]:
    viewer, owners = info.context.viewer, (MetadataOwner.PRODUCT, MetadataOwner.VARIANT)
    is_staff = viewer is not None and viewer.may(Role.STAFF, Scope.CATALOG_READ)
    wanted = [one.to_service() for one in asked]
    return await find_wanted(info.context.infra, wanted, *owners, with_private=is_staff)


def _check_one_is_given(id_: str | None, slug: str | None) -> None:
    """Errors: BAD_USER_INPUT. Beside an id an empty slug is none."""
    if (slug is None) if id_ is None else slug:
        raise bad_argument("id" if id_ is None else "slug", "give either id or slug")
