"""What shipping costs, and which taxes: a port for each, and what comes in the box, from the settings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.checkout.basket import Basket
from services.money.charging import charging_of
from services.shared.pricing import NO_TAX, WHOLE, Tax, rounded
from settings import Settings
from settings.shop import Prices, ShippingMethod, TaxRule


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes where; ``country`` is None when no address was given. Variants without a weight weigh nothing."""

    currency: str
    grams: int
    country: str | None


@dataclass(frozen=True, slots=True)
class ShippingOffer:
    """``price`` in minor units of the parcel's currency."""

    code: str
    name: str
    price: int


class ShippingRates(Protocol):
    async def offers(self, parcel: Parcel) -> Sequence[ShippingOffer]:
        """Returns the ways that the parcel can go, the one that is taken unless another is chosen first; none when
        it cannot be delivered. Errors: TryAgain when it cannot be known now."""


FREE: Final = ShippingOffer("standard", "Standard", 0)


@dataclass(frozen=True, slots=True)
class ConfiguredRates:
    """Flat and by weight, in the order of the settings; without any, shipping is free."""

    methods: dict[str, ShippingMethod]

    async def offers(self, parcel: Parcel) -> Sequence[ShippingOffer]:
        if not self.methods:
            return [FREE]
        found = ((code, method, _price(method, parcel)) for code, method in self.methods.items())
        return [ShippingOffer(code, method.name, price) for code, method, price in found if price is not None]


def _price(method: ShippingMethod, parcel: Parcel) -> int | None:
    if method.countries and parcel.country not in method.countries:
        return None
    return (_step(method, parcel.grams) or {}).get(parcel.currency)


def _step(method: ShippingMethod, grams: int) -> Prices | None:
    if method.prices:
        return method.prices
    steps = sorted(method.by_weight, key=lambda step: step.up_to_grams)
    return next((step.prices for step in steps if grams <= step.up_to_grams), None)


def make_shipping_rates(settings: Settings) -> ShippingRates:
    return ConfiguredRates(settings.shop.shipping_methods)


async def find_offers(settings: Settings, parcel: Parcel) -> Sequence[ShippingOffer]:
    """Find the offers for it, at prices that can be charged. Errors: TryAgain."""
    step = charging_of(settings).step(parcel.currency)
    offers = await make_shipping_rates(settings).offers(parcel)
    return [replace(offer, price=rounded(offer.price, 1, step)) for offer in offers]


def parcel_of(basket: Basket, country: str | None) -> Parcel:
    grams = sum((view.variant.weight_grams or 0) * view.line.quantity for view in basket.lines)
    return Parcel(basket.currency, grams, country)


_OTHERS: Final = "*"


class Taxes(Protocol):
    async def tax_for(self, country: str | None) -> Tax:
        """Returns the tax of an order that goes there; None when no address was given. Errors: TryAgain."""


@dataclass(frozen=True, slots=True)
class ConfiguredTaxes:
    rules: dict[str, TaxRule]

    async def tax_for(self, country: str | None) -> Tax:
        rule = self.rules.get(country or _OTHERS) or self.rules.get(_OTHERS)
        if rule is None:
            return NO_TAX
        return Tax(int(rule.percent * WHOLE) // 100, inclusive=rule.inclusive, on_shipping=rule.on_shipping)


def make_taxes(settings: Settings) -> Taxes:
    return ConfiguredTaxes(settings.shop.taxes)
