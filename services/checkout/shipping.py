"""What shipping costs: a port, and the rates that come in the box, from the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from services.checkout.basket import Basket
from settings import Settings
from settings.shop import Prices, ShippingMethod


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
        """The ways that the parcel can go, the one that is taken unless another is chosen first; none when it
        cannot be delivered. Errors: TryAgain when it cannot be known now."""


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


def parcel_of(basket: Basket, country: str | None) -> Parcel:
    grams = sum((view.variant.weight_grams or 0) * view.line.quantity for view in basket.lines)
    return Parcel(basket.currency, grams, country)
