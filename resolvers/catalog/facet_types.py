"""The types of facets."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.money import Money
from services.catalog.count_facets import Band, Facets

if TYPE_CHECKING:
    from resolvers.catalog.category_types import Category


@strawberry.type(description="A value and how many products have it.", directives=[cached(CATALOG)])
class FacetValue:
    value: str
    count: int


@strawberry.type(directives=[cached(CATALOG)])
class CategoryFacet:
    count: int
    category_id: strawberry.Private[UUID]

    @field(max_age=CATALOG)
    async def category(
        self, info: Info
    ) -> Annotated["Category", strawberry.lazy("resolvers.catalog.category_types")] | None:
        from resolvers.catalog.category_types import load_category  # which knows this module

        return await load_category(info.context, self.category_id)


@strawberry.type(
    description="Products that cost at least min and less than max, at their cheapest.",
    directives=[cached(CATALOG)],
)
class PriceBand:
    min: Money
    max: Money | None
    count: int

    @classmethod
    def of(cls, band: Band) -> "PriceBand":
        high = None if band.high is None else Money.of(band.high, band.currency)
        return cls(min=Money.of(band.low, band.currency), max=high, count=band.count)


@strawberry.type(description="The 50 most frequent values of each kind.", directives=[cached(CATALOG)])
class ProductFacets:
    categories: list[CategoryFacet]
    vendors: list[FacetValue]
    tags: list[FacetValue]
    price_bands: list[PriceBand]

    @classmethod
    def of(cls, facets: Facets) -> "ProductFacets":
        return cls(
            categories=[CategoryFacet(category_id=id_, count=count) for id_, count in facets.categories],
            vendors=[FacetValue(value=name, count=count) for name, count in facets.vendors],
            tags=[FacetValue(value=name, count=count) for name, count in facets.tags],
            price_bands=[PriceBand.of(band) for band in facets.bands],
        )
