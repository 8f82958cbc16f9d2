"""Check the entries of price lists: what a variant costs in currencies other than its product's own. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.catalog.product_draft import PriceDraft
from services.money.amounts import MoneyError, is_currency, to_minor
from services.money.charging import Charging
from services.shared.errors import FieldProblem

MOST_PRICES: Final = 200


@dataclass(frozen=True, slots=True)
class CheckedPrice:
    """Minor units."""

    currency: str
    amount: int
    compare_at: int | None


def check_prices(prices: Sequence[PriceDraft]) -> tuple[CheckedPrice, ...]:
    """Returns the prices, which are without fault, by currency."""
    found = (
        CheckedPrice(
            price.currency,
            to_minor(price.amount, price.currency),
            None if price.compare_at is None else to_minor(price.compare_at, price.currency),
        )
        for price in prices
    )
    return tuple(sorted(found, key=lambda price: price.currency))


def price_problems(
    prices: Sequence[PriceDraft], own_currency: str, charging: Charging, *path: str
) -> Iterator[FieldProblem]:
    """Yields what is wrong with prices, at ``input.<path>.<place>``."""
    if len(prices) > MOST_PRICES:
        yield FieldProblem(("input", *path), f"at most {MOST_PRICES}")
    first_place: dict[str, int] = {}
    for place, price in enumerate(prices[:MOST_PRICES]):
        at = ("input", *path, str(place))
        earlier = first_place.setdefault(price.currency, place)
        if not is_currency(price.currency):
            yield FieldProblem((*at, "currencyCode"), "is not an ISO 4217 currency code")
        elif price.currency == own_currency:
            yield FieldProblem((*at, "currencyCode"), "is the product's own currency: that is the variant's price")
        elif earlier != place:
            message = f"is the same as {'.'.join(path)}.{earlier}.currencyCode"
            yield FieldProblem((*at, "currencyCode"), message)
        else:
            yield from charge_problems(price.amount, price.currency, charging, *at, "price")
            if price.compare_at is not None:
                yield from amount_problems(price.compare_at, price.currency, *at, "compareAtPrice")


def amount_problems(amount: Decimal, currency: str, *path: str) -> Iterator[FieldProblem]:
    """Yields what is wrong with an amount; ``path`` is whole, from ``input`` on; ``currency`` is one."""
    try:
        to_minor(amount, currency)
    except MoneyError as error:
        yield FieldProblem(path, str(error))


def charge_problems(amount: Decimal, currency: str, charging: Charging, *path: str) -> Iterator[FieldProblem]:
    """Yields what is wrong with what is to be paid, which the shop's providers must be able to charge."""
    try:
        problem = charging.problem(amount, currency)
    except MoneyError as error:
        problem = str(error)
    if problem is not None:
        yield FieldProblem(path, problem)
