"""What staff want items of a sale to cost: in the variants' own currencies, and in others of the shop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.runtime import Infra
from models import Variant
from services.catalog.check_prices import check_prices, price_problems
from services.catalog.list_currencies import forget_currencies, list_currencies
from services.catalog.product_draft import PriceDraft
from services.flash_sale.rules import ItemDraft
from services.money.amounts import MoneyError, to_minor
from services.money.charging import Charging, charging_of
from services.shared.errors import FieldProblem, InvalidInput


@dataclass(frozen=True, slots=True)
class ItemPrices:
    """Minor units. ``listed``: by currency; None leaves those that are there."""

    own: int
    listed: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Priceable:
    """What can be charged, and the ``currencies`` that there may be prices in; ``unknown`` is said of others."""

    charging: Charging
    currencies: frozenset[str]
    unknown: str = "is no currency of this shop: nothing has a price in it"


async def priceable(infra: Infra, items: Sequence[ItemDraft]) -> Priceable:
    """Find what prices of these items are checked by. Errors: StoreUnavailable."""
    charging, asked = charging_of(infra.settings), {p.currency for item in items for p in item.prices or ()}
    if not asked:
        return Priceable(charging, frozenset())
    known = frozenset(await list_currencies(infra))
    if not asked <= known:
        forget_currencies(infra)  # the first price in it may be of this minute
        known = frozenset(await list_currencies(infra))
    return Priceable(charging, known)


def item_prices(items: Sequence[ItemDraft], variants: dict[str, Variant], by: Priceable) -> dict[str, ItemPrices]:
    """Returns prices by SKU. Errors: InvalidInput."""
    found: dict[str, ItemPrices] = {}
    for index, item in enumerate(items):
        currency, at = variants[item.sku].currency, ("items", str(index))
        try:
            problem = by.charging.problem(item.price, currency)
            own = to_minor(item.price, currency)
        except MoneyError as error:
            raise InvalidInput.at(*at, "price", message=str(error)) from error
        if problem is not None:
            raise InvalidInput.at(*at, "price", message=problem)
        found[item.sku] = ItemPrices(own, checked_list(item.prices, currency, by, *at, "prices"))
    return found


def checked_list(
    prices: Sequence[PriceDraft] | None, own_currency: str, by: Priceable, *path: str
) -> dict[str, int] | None:
    """Returns a list by currency. Errors: InvalidInput, at ``input.<path>``."""
    if prices is None:
        return None
    problems = [*price_problems(prices, own_currency, by.charging, *path)]
    problems = problems or [*_problems(prices, by, *path)]
    if problems:
        raise InvalidInput(problems)
    return {price.currency: price.amount for price in check_prices(prices)}


def _problems(prices: Sequence[PriceDraft], by: Priceable, *path: str) -> Iterator[FieldProblem]:
    for place, price in enumerate(prices):
        at = ("input", *path, str(place))
        if price.currency not in by.currencies:
            yield FieldProblem((*at, "currencyCode"), by.unknown)
        if not price.amount:
            yield FieldProblem((*at, "price"), "must be above 0")
