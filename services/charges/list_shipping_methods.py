"""List the ways to ship that the shop has, and where to; what each costs for a cart is for ``list_offers``."""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.runtime import Infra
from models.charges_rules import OTHERS, ZoneDoc
from services.charges.read_rules import read_rules
from services.charges.rules import FREE
from services.shared.country_rules import COUNTRIES


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    """``countries``: ISO 3166-1 codes, sorted; it may go to a part of one only."""

    code: str
    name: str
    countries: tuple[str, ...]


async def list_shipping_methods(infra: Infra) -> tuple[ShippingMethod, ...]:
    """Returns all of them, in the order of the zones and of their rates. Errors: StoreUnavailable."""
    zones = (await read_rules(infra)).zones
    return methods_of(zones) if zones else (ShippingMethod(FREE.code, FREE.name, tuple(sorted(COUNTRIES))),)


def methods_of(zones: Iterable[ZoneDoc]) -> tuple[ShippingMethod, ...]:
    """Returns each code once, by the name that it has first."""
    all_zones = tuple(zones)
    whole = {
        place.country for zone in all_zones for place in zone.places if not place.states and not place.postcodes
    }
    names: dict[str, str] = {}
    countries: dict[str, set[str]] = {}
    for zone in all_zones:
        there = {country for place in zone.places for country in _meant(place.country, whole)}
        for rate in zone.rates:
            names.setdefault(rate.code, rate.name)
            countries.setdefault(rate.code, set()).update(there)
    return tuple(ShippingMethod(code, name, tuple(sorted(countries[code]))) for code, name in names.items())


def _meant(country: str, whole: set[str]) -> Iterable[str]:
    return COUNTRIES - whole if country == OTHERS else (country,)
