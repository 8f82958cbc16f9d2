"""Prices of items in currencies other than the variants' own, as they come in."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import strawberry

from services.catalog.product_draft import PriceDraft

CURRENCY: Final = (
    "ISO 4217, of one in which all items have a price in this sale; left out: the variants' own. See "
    "FlashSaleItem.prices."
)


@strawberry.input(description="What an item of a sale costs in another currency.")
class FlashSalePriceInput:
    currency_code: str = strawberry.field(description="ISO 4217, one of `shop.currencies`; not the variant's own.")
    price: Decimal = strawberry.field(description="Of one unit, above 0.")


def listed(prices: Sequence[FlashSalePriceInput] | None) -> tuple[PriceDraft, ...] | None:
    return None if prices is None else tuple(PriceDraft(one.currency_code, one.price) for one in prices)
