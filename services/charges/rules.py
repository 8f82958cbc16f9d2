"""Which zone and which tax region an order is in, and what follows: pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from models.address_document import AddressDoc
from models.charges_rules import (
    OTHERS,
    STANDARD,
    PostcodeRange,
    RegionDoc,
    ShippingRate,
    ZoneDoc,
    ZonePlace,
)
from models.enums import ShippingBasis
from services.shared.country_rules import comparable_code, state_of
from services.shared.pricing import NO_TAX, Tax

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order goes; ``country`` is None when no address was given."""

    country: str | None = None
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, address: AddressDoc | None) -> "Place":
        if address is None:
            return NOWHERE
        return cls(address.country_code, address.region or "", address.postal_code or "")


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes where. ``worth``: what the goods cost before discounts, in minor units of ``currency``. Variants
    without a weight weigh nothing."""

    currency: str
    grams: int
    place: Place = NOWHERE
    worth: int = 0
    units: int = 1


@dataclass(frozen=True, slots=True)
class ShippingOffer:
    """``price`` in minor units of the parcel's currency."""

    code: str
    name: str
    price: int


FREE: Final = ShippingOffer("standard", "Standard", 0)
"""The one way where there are no zones."""


def find_zone(zones: Iterable[ZoneDoc], place: Place) -> ZoneDoc | None:
    """Find the zone that names the place most closely: by postcode, by state, by country, by all others; of
    several the oldest."""
    close = _closeness_to(place)
    return _closest((max(map(close, zone.places), default=0), zone) for zone in zones)


def find_region(regions: Iterable[RegionDoc], place: Place) -> RegionDoc | None:
    """Find the tax region that names the place most closely: by state, by country, by all others."""
    close = _closeness_to(place)
    return _closest((close(ZonePlace(r.country, (r.state,) if r.state else ())), r) for r in regions)


def _closest(found: Iterable[tuple[int, T]]) -> T | None:
    best, closest = 0, None
    for closeness, one in found:
        if closeness > best:
            best, closest = closeness, one
    return closest


def _closeness_to(place: Place) -> Callable[[ZonePlace], int]:
    """Returns what says how closely a place of a zone names this one; 0 for not at all."""
    state = state_of(place.country, place.region) if place.country and place.region else ""
    code = comparable_code(place.postal_code)

    def closeness(named: ZonePlace) -> int:
        if named.country == OTHERS:
            return 1
        if named.country != place.country or (named.states and state not in named.states):
            return 0
        if named.postcodes:
            return 4 if any(_is_in(code, one) for one in named.postcodes) else 0
        return 3 if named.states else 2

    return closeness


def _is_in(code: str, range_: PostcodeRange) -> bool:
    start = code[: len(range_.first)]
    return len(start) == len(range_.first) and range_.first <= start <= range_.last


def overlap(one: ZonePlace, other: ZonePlace) -> bool:
    """Returns whether there is an address that both name, and as closely."""
    if one.country != other.country or bool(one.postcodes) != bool(other.postcodes):
        return False
    if bool(one.states) != bool(other.states) and not one.postcodes:
        return False
    if one.states and other.states and not set(one.states) & set(other.states):
        return False
    return not one.postcodes or any(_meet(mine, theirs) for mine in one.postcodes for theirs in other.postcodes)


def _meet(one: PostcodeRange, other: PostcodeRange) -> bool:
    shorter = min(len(one.first), len(other.first))
    return one.first[:shorter] <= other.last[:shorter] and other.first[:shorter] <= one.last[:shorter]


def offers_of(zones: Iterable[ZoneDoc], parcel: Parcel) -> list[ShippingOffer]:
    """Returns the ways that the parcel can go, in their order; none when it cannot be delivered."""
    zone = find_zone(zones, parcel.place)
    priced = ((rate, _price(rate, parcel)) for rate in (() if zone is None else zone.rates))
    return [ShippingOffer(rate.code, rate.name, price) for rate, price in priced if price is not None]


def _price(rate: ShippingRate, parcel: Parcel) -> int | None:
    found = next((price for price in rate.prices if price.currency == parcel.currency), None)
    if found is None:
        return None
    counted = {
        ShippingBasis.FLAT: 0,
        ShippingBasis.WEIGHT: parcel.grams,
        ShippingBasis.PRICE: parcel.worth,
        ShippingBasis.QUANTITY: parcel.units,
    }[rate.basis]
    step = next((step for step in found.steps if step.up_to is None or counted <= step.up_to), None)
    if step is None:
        return None
    return 0 if found.free_from is not None and parcel.worth >= found.free_from else step.price


def tax_of(regions: Iterable[RegionDoc], place: Place) -> Tax:
    """Returns the tax of an order that goes there."""
    region = find_region(regions, place)
    if region is None:
        return NO_TAX
    return Tax(
        region.rates[STANDARD],
        inclusive=region.inclusive,
        on_shipping=region.on_shipping,
        classes=region.rates,
        rounding=region.rounding,
        half=region.half,
    )
