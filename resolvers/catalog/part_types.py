"""Small types of the catalog that refer to no other of its types."""

from collections.abc import Mapping

import strawberry

from models.documents import PriceDoc
from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.money import Money


@strawberry.type(
    description="One of the choices that tell a product's variants apart.", directives=[cached(CATALOG)]
)
class VariantOption:
    name: str
    value: str

    @classmethod
    def all_of(cls, options: Mapping[str, str]) -> list["VariantOption"]:
        return [cls(name=name, value=value) for name, value in options.items()]


@strawberry.type(description="What a variant costs in one currency.", directives=[cached(CATALOG)])
class VariantPrice:
    price: Money
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
    title: str | None
    description: str | None
