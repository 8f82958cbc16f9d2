"""Zones, rates and taxes outside the database. Amounts are minor units, rates of tax millionths; the country ``*``
is every other."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from models.enums import HalfRounding, ShippingBasis, TaxRounding

OTHERS: Final = "*"
STANDARD: Final = "standard"
"""The tax class of what has no other."""


@dataclass(frozen=True, slots=True)
class PostcodeRange:
    """Codes that begin with anything from ``first`` to ``last``, which are equally long."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class ZonePlace:
    """Of a country all, or only these ``states``, and of those only these ``postcodes``."""

    country: str
    states: tuple[str, ...] = ()
    postcodes: tuple[PostcodeRange, ...] = ()


@dataclass(frozen=True, slots=True)
class RateStep:
    """``price`` up to so much, that included; without a limit it is the last."""

    price: int
    up_to: int | None = None


@dataclass(frozen=True, slots=True)
class RatePrice:
    """What a way to ship costs in a currency: nothing from goods of ``free_from`` on."""

    currency: str
    steps: tuple[RateStep, ...]
    free_from: int | None = None


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """``basis``: what the steps count - grams, minor units of the goods before discounts, or units."""

    code: str
    name: str
    basis: ShippingBasis
    prices: tuple[RatePrice, ...]


@dataclass(frozen=True, slots=True)
class ZoneDoc:
    """``rates`` in their order: the first that fits is taken unless another is chosen."""

    id: UUID
    name: str
    places: tuple[ZonePlace, ...]
    rates: tuple[ShippingRate, ...]
    version: int


@dataclass(frozen=True, slots=True)
class RegionDoc:
    """``rates`` by class of product; STANDARD is always there."""

    id: UUID
    country: str
    state: str
    inclusive: bool
    on_shipping: bool
    rates: dict[str, int]
    rounding: TaxRounding
    half: HalfRounding
    version: int


@dataclass(frozen=True, slots=True)
class ChargeRules:
    """All that there is. ``fills``: which of them are there for good, though there may be none."""

    zones: tuple[ZoneDoc, ...]
    regions: tuple[RegionDoc, ...]
    fills: frozenset[str]


_PLACES: Final = TypeAdapter(tuple[ZonePlace, ...])
_RATES: Final = TypeAdapter(tuple[ShippingRate, ...])


def places_of(raw: list[dict[str, Any]]) -> tuple[ZonePlace, ...]:
    return _PLACES.validate_python(raw)


def rates_of(raw: list[dict[str, Any]]) -> tuple[ShippingRate, ...]:
    return _RATES.validate_python(raw)


def places_json(places: tuple[ZonePlace, ...]) -> list[dict[str, Any]]:
    dumped: list[dict[str, Any]] = _PLACES.dump_python(places, mode="json")
    return dumped


def rates_json(rates: tuple[ShippingRate, ...]) -> list[dict[str, Any]]:
    dumped: list[dict[str, Any]] = _RATES.dump_python(rates, mode="json")
    return dumped
