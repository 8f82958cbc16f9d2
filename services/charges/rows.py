"""Rows of zones and regions, and the settings that fill them first."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.insert_ignoring import insert_ignoring
from models import FirstFill, ShippingZone, TaxRegion
from models.charges_rules import (
    OTHERS,
    STANDARD,
    ChargeRules,
    RatePrice,
    RateStep,
    RegionDoc,
    ShippingRate,
    ZoneDoc,
    ZonePlace,
    places_json,
    places_of,
    rates_json,
    rates_of,
)
from models.enums import HalfRounding, ShippingBasis, TaxRounding
from services.shared.pricing import WHOLE
from settings.shop import ShippingMethod, ShopSettings, TaxRule

SHIPPING: Final = "shipping"
TAXES: Final = "taxes"
Values = list[dict[str, Any]]


def zone_doc(row: ShippingZone) -> ZoneDoc:
    return ZoneDoc(row.id, row.name, places_of(row.places), rates_of(row.rates), row.version)


def region_doc(row: TaxRegion) -> RegionDoc:
    return RegionDoc(
        row.id,
        row.country,
        row.state,
        row.inclusive,
        row.on_shipping,
        dict(row.rates),
        TaxRounding(row.rounding),
        HalfRounding(row.half),
        row.version,
    )


async def read_all(session: AsyncSession) -> ChargeRules:
    """Read all zones and regions, the oldest first, in three statements."""
    fills = frozenset(await session.scalars(select(FirstFill.name)))
    zones = await session.scalars(select(ShippingZone).order_by(ShippingZone.id))
    regions = await session.scalars(select(TaxRegion).order_by(TaxRegion.id))
    return ChargeRules(tuple(map(zone_doc, zones)), tuple(map(region_doc, regions)), fills)


def not_taken_over(shop: ShopSettings, fills: frozenset[str]) -> list[str]:
    """Returns which of the settings say something that the tables do not have yet."""
    given = {SHIPPING: bool(shop.shipping_methods), TAXES: bool(shop.taxes)}
    return [name for name, is_given in given.items() if is_given and name not in fills]


async def take_over(session: AsyncSession, shop: ShopSettings, name: str, now: datetime) -> None:
    """Fill the tables of that name from the settings, unless that was done before, and lock them for the
    transaction."""
    lock = select(FirstFill.name).where(FirstFill.name == name).with_for_update()
    if await session.scalar(lock):
        return
    inserted = await session.execute(insert_ignoring(FirstFill).values(name=name, at=now))
    if not inserted.rowcount:  # type: ignore[attr-defined]
        await session.execute(lock)
        return
    table = ShippingZone if name == SHIPPING else TaxRegion
    values = zones_of(shop.shipping_methods) if name == SHIPPING else regions_of(shop.taxes)
    both = {"version": 1, "created_at": now, "updated_at": now}
    if values:
        await session.execute(insert(table), [{"id": new_id()} | one | both for one in values])


def zones_of(methods: dict[str, ShippingMethod]) -> Values:
    """Returns one for each group of countries that the same methods go to: each went anywhere, or to its own."""
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for country in sorted({country for method in methods.values() for country in method.countries}):
        groups[_codes(methods, country)].append(country)
    zones = [_zone(", ".join(countries), countries, methods, codes) for codes, countries in groups.items()]
    if anywhere := _codes(methods, None):
        zones.append(_zone("Everywhere else" if zones else "Everywhere", [OTHERS], methods, anywhere))
    return zones


def _codes(methods: dict[str, ShippingMethod], country: str | None) -> tuple[str, ...]:
    return tuple(code for code, method in methods.items() if not method.countries or country in method.countries)


def _zone(
    name: str, countries: Iterable[str], methods: dict[str, ShippingMethod], codes: Iterable[str]
) -> dict[str, Any]:
    rates = tuple(_rate(code, methods[code]) for code in codes)
    places = tuple(map(ZonePlace, countries))
    return {"name": name[:100], "places": places_json(places), "rates": rates_json(rates)}


def _rate(code: str, method: ShippingMethod) -> ShippingRate:
    if method.prices:
        flat = tuple(RatePrice(currency, (RateStep(price),)) for currency, price in method.prices.items())
        return ShippingRate(code, method.name, ShippingBasis.FLAT, flat)
    steps = sorted(method.by_weight, key=lambda step: step.up_to_grams)
    currencies = dict.fromkeys(currency for step in steps for currency in step.prices)
    prices = (
        RatePrice(
            currency, tuple(RateStep(s.prices[currency], s.up_to_grams) for s in steps if currency in s.prices)
        )
        for currency in currencies
    )
    return ShippingRate(code, method.name, ShippingBasis.WEIGHT, tuple(prices))


def regions_of(taxes: dict[str, TaxRule]) -> Values:
    """Returns one for each country, rounded as EN 16931 has it."""
    return [
        {
            "country": country,
            "state": "",
            "inclusive": rule.inclusive,
            "on_shipping": rule.on_shipping,
            "rates": {STANDARD: int(rule.percent * WHOLE) // 100},
            "rounding": TaxRounding.ORDER,
            "half": HalfRounding.UP,
        }
        for country, rule in taxes.items()
    ]
