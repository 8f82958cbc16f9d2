"""The types of the catalog: products, their variants and stock, categories."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models import ProductStatus
from models.documents import CategoryDoc, PriceDoc, ProductDoc, StockDoc, VariantDoc
from models.enums import MetadataOwner
from models.metadata_document import Meta
from resolvers.catalog.category_types import Category, show_category
from resolvers.catalog.facet_types import ProductFacets
from resolvers.catalog.image_types import Image
from resolvers.catalog.part_types import PriceRange, Seo, Stock, VariantOption, VariantPrice
from resolvers.metadata.types import HasMetadata
from resolvers.shared.caching import CATALOG, COUNTS, cached
from resolvers.shared.connection import encode_cursor
from resolvers.shared.context import Context, Info
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Currency, Money, known_currency
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.shared.relay import Connection, Edge, Page, page_info
from resolvers.warehouse.types import StockLevel, levels_of, threshold_of
from services.catalog.views import visible
from services.finding.product_filter import ProductFilter as Filter
from services.finding.product_page import KEY_KINDS, ProductSort
from services.finding.product_page import Page as KeyPage
from services.finding.views import product_count, product_page

if TYPE_CHECKING:
    from resolvers.flash_sale.types import FlashSaleItem
_SaleItem = Annotated["FlashSaleItem", strawberry.lazy("resolvers.flash_sale.types")]


@strawberry.type(
    description="What is sold: a product in one size, colour and so on; it has the SKU.",
    directives=[cached(CATALOG)],
)
class Variant(Node, HasMetadata):
    sku: str = strawberry.field(
        description="The number that stock, carts and orders know it by; it never changes."
    )
    title: str = strawberry.field(description="What tells it from the product's others, such as M / red.")
    weight_grams: int | None = strawberry.field(
        description="What one unit weighs when it is shipped; null: not known."
    )
    is_archived: bool = strawberry.field(description="Sold no more; shown to staff only.")
    document: strawberry.Private[VariantDoc]

    @classmethod
    def of(cls, document: VariantDoc) -> "Variant":
        return cls(
            id=encode_id("Variant", document.id),
            sku=document.sku,
            title=document.title,
            weight_grams=document.weight_grams,
            is_archived=document.archived,
            document=document,
        )

    def meta_of(self) -> tuple[MetadataOwner, Meta]:
        return MetadataOwner.VARIANT, self.document.meta

    @field(
        description="In the currency asked for when the variant has such a price, else in the product's own.",
        max_age=CATALOG,
    )
    def price(self, currency: Currency = None) -> Money:
        if currency is None:
            return Money.of(self.document.price, self.document.currency)
        found = self._price_in(currency)
        return Money.of(found.amount, found.currency)

    @field(
        description="What it cost before, in the currency that `price` is in; null: nothing to show.",
        max_age=CATALOG,
    )
    def compare_at_price(self, currency: Currency = None) -> Money | None:
        return VariantPrice.of(self._price_in(currency)).compare_at_price

    def _price_in(self, currency: str | None) -> PriceDoc:
        return self.document.price_in(known_currency(currency))

    @field(description="In all currencies that it has a price in, the product's own first.", max_age=CATALOG)
    def prices(self) -> list[VariantPrice]:
        return [VariantPrice.of(price) for price in (self.document.price_in(None), *self.document.prices)]

    @field(max_age=CATALOG, description="What it is among the product's others, such as size and colour.")
    def options(self) -> list[VariantOption]:
        return VariantOption.all_of(self.document.options)

    @field(max_age=CATALOG, description="The product that it is a variant of.")
    @loaded(lambda loaders: loaders.product_by_id, lambda self: self.document.product_id)
    def product(self, info: Info, document: ProductDoc | None) -> "Product":
        if document is None:
            raise LookupError(f"variant {self.document.id} without its product")
        return Product.of(document)

    @field(max_age=COUNTS, description="How many there are, a second old at most.")
    @loaded(lambda loaders: loaders.stock_by_sku, lambda self: self.document.sku)
    def stock(self, info: Info, level: StockDoc | None) -> Stock:
        return Stock.of(level)

    @field(description="In flash sales that run or are to come, the next first.", max_age=COUNTS)
    async def flash_sale_items(self, info: Info) -> list[_SaleItem]:
        from resolvers.flash_sale.types import open_items

        return await open_items(info, [self.document.id])

    @field(description="By warehouse. For staff; null for everybody else.")
    async def stock_levels(self, info: Info) -> list[StockLevel] | None:
        return await levels_of(info, self.document.sku)

    @field(description="At how many units it is low; null: at none. For staff; null for everybody else.")
    async def low_stock_threshold(self, info: Info) -> int | None:
        return await threshold_of(info, self.document.sku)


@strawberry.type(
    directives=[cached(CATALOG)],
    description="What a shop shows on one page: one or more variants, of which each is sold by its SKU.",
)
class Product(Node, HasMetadata):
    slug: str = strawberry.field(description="Its name in addresses; one that it had before leads here too.")
    status: ProductStatus = strawberry.field(description="Who can see it.")
    version: int = strawberry.field(
        description="Counts the changes of it and its variants; a mutation names the one it is based on."
    )
    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="Of any length, as staff wrote it; empty when there is none.")
    vendor: str = strawberry.field(description="Who makes it or sells it; empty when nobody said.")
    tags: list[str] = strawberry.field(description="Words to find and group it by.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it or one of its variants was last changed.")
    document: strawberry.Private[ProductDoc]

    @classmethod
    def of(cls, document: ProductDoc) -> "Product":
        return cls(
            id=encode_id("Product", document.id),
            slug=document.slug,
            status=document.status,
            version=document.version,
            title=document.title,
            description=document.description,
            vendor=document.vendor,
            tags=list(document.tags),
            created_at=document.created_at,
            updated_at=document.updated_at,
            document=document,
        )

    def meta_of(self) -> tuple[MetadataOwner, Meta]:
        return MetadataOwner.PRODUCT, self.document.meta

    @field(max_age=CATALOG, description="Where it is in the tree of categories; null: nowhere.")
    @loaded(lambda loaders: loaders.category_by_id, lambda self: self.document.category_id)
    def category(self, info: Info, document: CategoryDoc | None) -> Category | None:
        return show_category(info.context, document)

    @field(max_age=CATALOG, description="In the order in which to show them.")
    def images(self) -> list[Image]:
        return [Image.of(image) for image in self.document.images]

    @field(description="In their order; the archived ones too when staff ask for them.", max_age=CATALOG)
    def variants(
        self,
        info: Info,
        include_archived: Annotated[
            bool, strawberry.argument(description="Those too that are sold no more; for staff only.")
        ] = False,
    ) -> list[Variant]:
        shown = (variant for variant in self.document.variants if include_archived or not variant.archived)
        return [Variant.of(variant) for variant in shown if visible(info.context.viewer, variant)]

    @field(
        description="Its variants in flash sales that run or are to come, the next first.",
        max_age=COUNTS,
    )
    async def flash_sale_items(self, info: Info) -> list[_SaleItem]:
        from resolvers.flash_sale.types import open_items

        return await open_items(info, [variant.id for variant in self.document.variants])

    @field(max_age=CATALOG, description="What search engines are shown.")
    def seo(self) -> Seo:
        return Seo(title=self.document.seo_title, description=self.document.seo_description)

    @field(max_age=CATALOG, description="Which of the rates of a tax region it has; null: standard.")
    def tax_class(self) -> str | None:
        return self.document.tax_class

    @field(max_age=CATALOG, description="From the cheapest to the dearest of what is sold, in its own currency.")
    def price_range(self) -> PriceRange:
        currency = self.document.currency
        return PriceRange(
            min=Money.of(self.document.min_price, currency), max=Money.of(self.document.max_price, currency)
        )


@strawberry.type(directives=[cached(CATALOG)])
class ProductEdge(Edge[Product]): ...


@strawberry.type(directives=[cached(CATALOG)])
class ProductConnection(Connection[ProductEdge]):
    wanted: strawberry.Private[Filter]

    @field(description="All products that match, on whatever page; counted only when asked for.", max_age=CATALOG)
    async def total_count(self, info: Info) -> int:
        return await product_count(info.context.infra, self.wanted)

    @field(
        description="How many products there are by category, vendor, tag and price, each with the rest of the "
        "filter; counted only when asked for.",
        max_age=CATALOG,
    )
    def facets(self) -> ProductFacets:
        return ProductFacets(wanted=self.wanted)


def _order_name(sort: ProductSort) -> str:
    return f"products.{sort.value}"


async def product_connection(context: Context, wanted: Filter, page: Page, sort: ProductSort) -> ProductConnection:
    """Load a page; it and the documents come from the cache.

    Errors: BAD_USER_INPUT naming the argument at fault; InvalidInput (filter).
    """
    asked = page.by(_order_name(sort), *KEY_KINDS[sort])
    keys = KeyPage(asked.limit, asked.after, asked.before, asked.backwards)  # type: ignore[arg-type]
    found = await product_page(context.infra, wanted, keys, sort)
    documents = await context.loaders.product_by_id.load_many(place.product_id for place in found.places)
    edges = [
        ProductEdge(cursor=encode_cursor(_order_name(sort), *place.key), node=Product.of(document))
        for place, document in zip(found.places, documents, strict=True)
        # A server of before withdraws a product without a word to the index.
        if document is not None and document.status in wanted.statuses
    ]
    return ProductConnection(edges=edges, page_info=page_info(found, edges), wanted=wanted)


def show_variant(context: Context, document: VariantDoc | None) -> Variant | None:
    """Returns the variant; None for none, and for one that the viewer must not see."""
    shown = visible(context.viewer, document)
    return None if shown is None else Variant.of(shown)


async def _load_products(context: Context, ids: Sequence[UUID]) -> list[Product | None]:
    found = await context.loaders.product_by_id.load_many(ids)
    return [Product.of(shown) if (shown := visible(context.viewer, doc)) else None for doc in found]


async def _load_variants(context: Context, ids: Sequence[UUID]) -> list[Variant | None]:
    found = await context.loaders.variant_by_id.load_many(ids)
    return [Variant.of(shown) if (shown := visible(context.viewer, doc)) else None for doc in found]


register_node("Product", _load_products)
register_node("Variant", _load_variants)
