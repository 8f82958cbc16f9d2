"""What an order costs besides its lines, as the schema shows it."""

from decimal import Decimal

import strawberry

from models.charges_document import Charges, RateTax
from resolvers.shared.money import Money


@strawberry.type(description="What is taxed at one rate: the sums are rounded once, as EN 16931 has it.")
class TaxOfRate:
    percent: Decimal = strawberry.field(description="The rate.")
    net: Money = strawberry.field(description="What is taxed at it, without the tax.")
    tax: Money = strawberry.field(description="Of `net`, or what was in the prices of it.")

    @classmethod
    def of(cls, one: RateTax, currency: str) -> "TaxOfRate":
        return cls(
            percent=Decimal(one.rate) / 10_000, net=Money.of(one.net, currency), tax=Money.of(one.tax, currency)
        )


@strawberry.type(
    description="subtotal - discount + shipping - shippingDiscount, + tax unless it is included: total."
)
class OrderCharges:
    subtotal: Money = strawberry.field(description="What the lines cost.")
    discount: Money = strawberry.field(description="Off the lines.")
    shipping: Money = strawberry.field(description="Before what a code takes off it.")
    shipping_discount: Money = strawberry.field(description="Off the shipping, by a code for free shipping.")
    tax: Money = strawberry.field(
        description="Of the lines and the shipping; beside them, or within when `taxIncluded`."
    )
    tax_included: bool = strawberry.field(description="The prices have the tax in them.")
    taxes: list[TaxOfRate] = strawberry.field(
        description="By rate, the lowest first; their `net` and `tax` are the total. Empty where nothing is "
        "taxed, and for orders that were placed before they were kept."
    )
    shipping_method: str | None = strawberry.field(
        description="The code of the offer that was taken; null: nothing is shipped."
    )
    discount_code: str | None = strawberry.field(
        description="The code that took something off; null: none was given."
    )

    @classmethod
    def of(cls, charges: Charges, currency: str) -> "OrderCharges":
        return cls(
            subtotal=Money.of(charges.subtotal, currency),
            discount=Money.of(charges.discount, currency),
            shipping=Money.of(charges.shipping, currency),
            shipping_discount=Money.of(charges.shipping_discount, currency),
            tax=Money.of(charges.tax, currency),
            tax_included=charges.tax_inclusive,
            taxes=[TaxOfRate.of(one, currency) for one in charges.taxes],
            shipping_method=charges.shipping_method,
            discount_code=charges.discount_code,
        )
