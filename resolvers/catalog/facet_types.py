"""The types of facets. Each is counted only when it is asked for."""

from uuid import UUID

import strawberry

from models.documents import CategoryDoc
from resolvers.catalog.category_types import Category, show_category
from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Money
from services.finding.count_values import FacetKind
from services.finding.count_values import PriceBand as Band
from services.finding.product_filter import ProductFilter as Filter
from services.finding.views import product_facet, product_price_bands
from services.money.amounts import exponent


@strawberry.type(description="A value and how many products have it.", directives=[cached(CATALOG)])
class FacetValue:
    value: str = strawberry.field(description="A vendor or a tag, as the filter takes it.")
    count: int = strawberry.field(description="How many products match with it.")


@strawberry.type(
    description="A category and how many products are in it, not below it.", directives=[cached(CATALOG)]
)
class CategoryFacet:
    count: int = strawberry.field(description="How many match in this very category.")
    category_id: strawberry.Private[UUID]

    @field(max_age=CATALOG, description="One that has products which match.")
    @loaded(lambda loaders: loaders.category_by_id, lambda self: self.category_id)
    def category(self, info: Info, document: CategoryDoc | None) -> Category | None:
        return show_category(info.context, document)


@strawberry.type(
    description="Products that cost at least min and less than max, at their cheapest.",
    directives=[cached(CATALOG)],
)
class PriceBand:
    min: Money = strawberry.field(description="From this price on.")
    max: Money | None = strawberry.field(description="Below this price; null: without end.")
    count: int = strawberry.field(description="How many products are at their cheapest within.")

    @classmethod
    def of(cls, band: Band) -> "PriceBand":
        unit = 10 ** exponent(band.currency)
        high = None if band.high is None else Money.of(band.high * unit, band.currency)
        return cls(min=Money.of(band.low * unit, band.currency), max=high, count=band.count)


@strawberry.type(
    description="How many products there are of each kind, with all of the filter but its part of that kind. "
    "The 50 values with the most products.",
    directives=[cached(CATALOG)],
)
class ProductFacets:
    wanted: strawberry.Private[Filter]

    @field(max_age=CATALOG, description="Those with the most products.")
    async def categories(self, info: Info) -> list[CategoryFacet]:
        found = await product_facet(info.context.infra, self.wanted, FacetKind.CATEGORY)
        return [CategoryFacet(category_id=UUID(hex=one.value), count=one.count) for one in found]

    @field(max_age=CATALOG, description="Those with the most products.")
    async def vendors(self, info: Info) -> list[FacetValue]:
        return await self._values(info, FacetKind.VENDOR)

    @field(max_age=CATALOG, description="Those with the most products.")
    async def tags(self, info: Info) -> list[FacetValue]:
        return await self._values(info, FacetKind.TAG)

    @field(max_age=CATALOG, description="From the cheapest on.")
    async def price_bands(self, info: Info) -> list[PriceBand]:
        return [PriceBand.of(band) for band in await product_price_bands(info.context.infra, self.wanted)]

    async def _values(self, info: Info, kind: FacetKind) -> list[FacetValue]:
        found = await product_facet(info.context.infra, self.wanted, kind)
        return [FacetValue(value=one.value, count=one.count) for one in found]
