"""Money as the schema shows it: a decimal string and a currency; inside it is minor units."""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated

import strawberry

from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.failures import bad_argument
from services.money.amounts import is_currency, to_decimal

Currency = Annotated[
    str | None, strawberry.argument(description="ISO 4217, such as EUR; the product's own when left out.")
]
"""The currency in which a price is asked for."""


def known_currency(currency: str | None) -> str | None:
    """Errors: a refused argument."""
    if currency is not None and not is_currency(currency):
        raise bad_argument("currency", "is not an ISO 4217 currency code")
    return currency


@strawberry.type(description="An amount in a currency (ISO 4217).", directives=[cached(CATALOG)])
class Money:
    amount: Decimal = strawberry.field(
        description="Exact, with the decimals of the currency, such as 19.90; no float."
    )
    currency_code: str = strawberry.field(description="ISO 4217, such as EUR.")

    @classmethod
    def of(cls, minor_units: int, currency: str) -> "Money":
        return _money(minor_units, currency)


@lru_cache(maxsize=4_096)  # prices are few, and a listing has dozens
def _money(minor_units: int, currency: str) -> Money:
    return Money(amount=to_decimal(minor_units, currency), currency_code=currency)
