"""Small types of the catalog that refer to no other of its types."""

from collections.abc import Mapping

import strawberry

from models.documents import PriceDoc, StockDoc
from resolvers.shared.caching import CATALOG, COUNTS, cached
from resolvers.shared.money import Money


@strawberry.type(
    description="One of the choices that tell a product's variants apart.", directives=[cached(CATALOG)]
)
class VariantOption:
    name: str = strawberry.field(description="Such as size.")
    value: str = strawberry.field(description="Such as M.")

    @classmethod
    def all_of(cls, options: Mapping[str, str]) -> list["VariantOption"]:
        return [cls(name=name, value=value) for name, value in options.items()]


@strawberry.type(description="What a variant costs in one currency.", directives=[cached(CATALOG)])
class VariantPrice:
    price: Money = strawberry.field(description="What one unit costs in this currency.")
    compare_at_price: Money | None = strawberry.field(description="What it cost before, to be shown crossed out.")

    @classmethod
    def of(cls, price: PriceDoc) -> "VariantPrice":
        before = None if price.compare_at is None else Money.of(price.compare_at, price.currency)
        return cls(price=Money.of(price.amount, price.currency), compare_at_price=before)


@strawberry.type(
    description="What search engines are shown; null: the product's own title and description.",
    directives=[cached(CATALOG)],
)
class Seo:
    title: str | None = strawberry.field(description="The page's title; null: the product's own.")
    description: str | None = strawberry.field(
        description="What a search engine may show below it; null: nothing of ours."
    )


@strawberry.type(description="The lowest and the highest price among the variants.", directives=[cached(CATALOG)])
class PriceRange:
    min: Money = strawberry.field(description="Of the cheapest variant.")
    max: Money = strawberry.field(description="Of the dearest variant.")


@strawberry.type(
    description="Units of one variant. available + held + paid but not shipped = onHand.",
    directives=[cached(COUNTS)],
)
class Stock:
    available: int = strawberry.field(description="What a customer can order now.")
    held: int = strawberry.field(description="Held by accepted orders that are not paid yet.")
    on_hand: int = strawberry.field(
        description="Counted in the warehouse: available + held + paid but not shipped."
    )
    set_aside: int = strawberry.field(description="Of these, set aside for flash sales.")

    @classmethod
    def of(cls, level: StockDoc | None) -> "Stock":
        if level is None:
            return cls(available=0, held=0, on_hand=0, set_aside=0)
        return cls(
            available=level.available + level.set_aside,
            held=level.held,
            on_hand=level.on_hand,
            set_aside=level.set_aside,
        )
