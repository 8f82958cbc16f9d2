"""Shipping zones and tax regions: filled once, changed by staff, in force at once in every process."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import AuditEntry, FirstFill
from models.charges_rules import ChargeRules
from models.enums import HalfRounding, ShippingBasis, TaxRounding
from services.charges.change_shipping_zone import ZoneChange, change_shipping_zone
from services.charges.change_tax_region import RegionChange, change_tax_region
from services.charges.check_region import RegionDraft
from services.charges.check_zone import PlaceDraft, RateDraft, RatePriceDraft, StepDraft, ZoneDraft
from services.charges.create_shipping_zone import create_shipping_zone
from services.charges.create_tax_region import NewRegion, create_tax_region
from services.charges.delete_shipping_zone import delete_shipping_zone
from services.charges.delete_tax_region import delete_tax_region
from services.charges.find_offers import find_offers
from services.charges.find_tax import find_tax
from services.charges.read_rules import read_rules
from services.charges.rules import FREE, NOWHERE, Parcel, Place
from services.charges.views import list_rules
from services.shared.errors import IdempotencyConflict, InvalidInput, NotFound, StaleVersion
from services.shared.watch_changes import watching_changes
from settings import Settings
from tests.integration.catalog.products import statements
from tests.integration.money import asked
from tests.modes import ONE_MODE
from tests.waiting import until

DE = PlaceDraft("DE")
MADE = Settings(
    shipping_methods=json.dumps({"parcel": {"name": "Parcel", "prices": {"EUR": 590}}}),
    taxes=json.dumps({"*": {"percent": "19"}}),
).shop
OF_SETTINGS = {"shipping_methods": MADE.shipping_methods, "taxes": MADE.taxes}


def flat(price: str, code: str = "parcel", free_from: str | None = None) -> RateDraft:
    free = None if free_from is None else Decimal(free_from)
    prices = (RatePriceDraft("EUR", (StepDraft(Decimal(price)),), free),)
    return RateDraft(code, "Parcel", ShippingBasis.FLAT, prices)


def zone(*places: PlaceDraft, price: str = "5.90", name: str = "Home") -> ZoneDraft:
    return ZoneDraft(name, places or (DE,), (flat(price),))


def region(percent: str, country: str = "DE", state: str | None = None, **more: Any) -> NewRegion:
    return NewRegion(country, state, RegionDraft((("standard", Decimal(percent)),), **more))


async def prices(infra: Infra, country: str | None = "DE", worth: int = 100) -> list[int]:
    return [one.price for one in await find_offers(infra, Parcel("EUR", 0, Place(country), worth))]


@pytest.fixture
def with_settings(infra: Infra) -> Infra:
    return replace(infra, settings=infra.settings.model_copy(update=OF_SETTINGS))


@pytest.fixture
async def other(settings: Settings) -> AsyncIterator[Infra]:
    """Another process on the same stores."""
    async with open_infra(settings) as opened:
        yield opened


async def fills(infra: Infra) -> set[str]:
    async with infra.database.read() as session:
        return set(await session.scalars(select(FirstFill.name)))


async def test_the_settings_fill_them_once(with_settings: Infra) -> None:
    infra = with_settings
    await asyncio.gather(*(read_rules(infra) for _ in range(5)))
    rules = await list_rules(infra)
    assert [(one.name, [place.country for place in one.places]) for one in rules.zones] == [("Everywhere", ["*"])]
    assert [(one.country, one.rates, one.rounding, one.half) for one in rules.regions] == [
        ("*", {"standard": 190_000}, TaxRounding.ORDER, HalfRounding.UP)
    ]
    assert await fills(infra) == {"shipping", "taxes"}
    assert (await prices(infra), (await find_tax(infra, NOWHERE, ())).rate) == ([590], 190_000)
    await delete_shipping_zone(infra, rules.zones[0].id, 1, asked())
    await delete_tax_region(infra, rules.regions[0].id, 1, asked())
    # Deleted for good, whatever the settings say: also for a process that starts anew.
    assert await read_rules(infra) == ChargeRules((), (), frozenset({"shipping", "taxes"}))
    assert list(await find_offers(infra, Parcel("EUR", 0))) == [FREE]


async def test_who_makes_a_zone_first_has_those_of_the_settings_beside_it(with_settings: Infra) -> None:
    await create_shipping_zone(with_settings, zone(price="1.00"), asked())
    assert {one.name for one in (await list_rules(with_settings)).zones} == {"Everywhere", "Home"}
    assert (await prices(with_settings), await prices(with_settings, "FR")) == ([100], [590])


async def test_without_settings_staffs_are_all(infra: Infra) -> None:
    assert await prices(infra) == [0]
    assert await fills(infra) == set()
    await create_shipping_zone(infra, zone(), asked())
    later = replace(infra, settings=infra.settings.model_copy(update=OF_SETTINGS))
    assert (await prices(later), await prices(later, "FR")) == ([590], [])


async def test_a_change_is_in_force_at_once_everywhere(infra: Infra, other: Infra) -> None:
    async with watching_changes(infra), watching_changes(other):
        for one in (infra, other):
            await until(lambda one=one: _fresh(one), bool)  # type: ignore[misc]
        zone_id = await create_shipping_zone(infra, zone(), asked())
        region_id = await create_tax_region(infra, region("19"), asked())
        assert await prices(infra) == [590]
        assert await until(lambda: prices(other), lambda seen: seen != [0]) == [590]
        await find_tax(other, Place("DE"), ())
        with statements(other) as seen:
            assert (await prices(other), (await find_tax(other, Place("DE"), ())).rate) == ([590], 190_000)
        assert seen == []
        await change_shipping_zone(infra, ZoneChange(zone_id, 1, ZoneDraft(None, None, (flat("7"),))), asked())
        await change_tax_region(
            infra, RegionChange(region_id, 1, RegionDraft((("standard", Decimal(7)),))), asked()
        )
        assert (await prices(infra), (await find_tax(infra, Place("DE"), ())).rate) == ([700], 70_000)
        assert await until(lambda: prices(other), lambda seen: seen != [590]) == [700]
        assert (await find_tax(other, Place("DE"), ())).rate == 70_000


async def _fresh(infra: Infra) -> bool:
    return infra.hearing.is_fresh


async def test_of_two_who_change_one_thing_one_wins_and_the_other_is_told(infra: Infra) -> None:
    zone_id = await create_shipping_zone(infra, zone(), asked())
    wishes = [ZoneChange(zone_id, 1, zone(price=f"{n}.00")) for n in range(1, 5)]
    told = await asyncio.gather(*(change_shipping_zone(infra, w, asked()) for w in wishes), return_exceptions=True)
    assert [type(one) for one in told if one] == [StaleVersion] * 3
    assert [one.version for one in told if isinstance(one, StaleVersion)] == [2] * 3
    assert await prices(infra) == [100 * (told.index(None) + 1)]
    region_id = await create_tax_region(infra, region("19"), asked())
    changes = [RegionChange(region_id, 1, RegionDraft(inclusive=True)) for _ in range(3)]
    told = await asyncio.gather(*(change_tax_region(infra, w, asked()) for w in changes), return_exceptions=True)
    assert [type(one) for one in told if one] == [StaleVersion] * 2
    with pytest.raises(StaleVersion):
        await delete_shipping_zone(infra, zone_id, 1, asked())
    with pytest.raises(StaleVersion):
        await delete_tax_region(infra, region_id, 1, asked())


async def test_the_same_place_is_given_once_however_many_ask(infra: Infra) -> None:
    told = await asyncio.gather(
        *(create_shipping_zone(infra, zone(name=f"Z{n}"), asked()) for n in range(4)),
        *(create_tax_region(infra, region("19"), asked()) for _ in range(4)),
        return_exceptions=True,
    )
    assert [isinstance(one, UUID) for one in told].count(True) == 2
    assert [type(one) for one in told if not isinstance(one, UUID)] == [InvalidInput] * 6
    rules = await list_rules(infra)
    assert (len(rules.zones), len(rules.regions)) == (1, 1)


async def test_a_key_is_of_one_change(infra: Infra) -> None:
    key = asked("key")
    zone_id = await create_shipping_zone(infra, zone(), key)
    assert await create_shipping_zone(infra, zone(), key) == zone_id
    with pytest.raises(IdempotencyConflict):
        await create_shipping_zone(infra, zone(price="1.00"), key)
    change = ZoneChange(zone_id, 1, zone(price="1.00"))
    for _ in range(2):
        await change_shipping_zone(infra, change, key)
    for _ in range(2):
        await delete_shipping_zone(infra, zone_id, 2, key)
    with pytest.raises(NotFound):
        await delete_shipping_zone(infra, zone_id, 2, asked())
    with pytest.raises(NotFound):
        await change_tax_region(infra, RegionChange(new_id(), 1, RegionDraft()), asked())
    async with infra.database.read() as session:
        written = await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
        assert list(written) == [f"shipping_zone.{what}" for what in ("created", "changed", "deleted")]


def bad(*fields: str) -> set[tuple[str, ...]]:
    return {("input", *field.split(".")) for field in fields}


EURO = RatePriceDraft("EUR", (StepDraft(Decimal(1)),))
BY_WEIGHT = (
    StepDraft(Decimal(1), Decimal("1.5")),
    StepDraft(Decimal("1.001")),
    StepDraft(Decimal("NaN"), Decimal(0)),
)


def with_rates(*rates: RateDraft) -> ZoneDraft:
    return ZoneDraft("Z", (DE,), rates)


def rate(*prices: RatePriceDraft, basis: ShippingBasis = ShippingBasis.FLAT, name: str = "A") -> RateDraft:
    return RateDraft("a", name, basis, prices)


@ONE_MODE
@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (ZoneDraft(" ", (DE,), (flat("1"),)), bad("name")),
        (ZoneDraft("x" * 101, (), ()), bad("name", "places", "rates")),
        (zone(PlaceDraft("XX"), DE, PlaceDraft("*", ("A",))), bad("places.0.countryCode", "places.2.countryCode")),
        (zone(PlaceDraft("US", ("CA", "Bavaria"))), bad("places.0.states.1")),
        (
            zone(PlaceDraft("DE", postcodes=(("", None), ("10", "9"), ("20", "10"), ("1" * 13, None)))),
            bad(*(f"places.0.postcodes.{one}" for one in ("0.first", "1.last", "2.last", "3.first"))),
        ),
        (with_rates(flat("1", "A b"), flat("1"), flat("1")), bad("rates.0.code", "rates.2.code")),
        (
            with_rates(rate(RatePriceDraft("EUR", BY_WEIGHT), basis=ShippingBasis.WEIGHT)),
            bad(
                *(f"rates.0.prices.0.steps.{one}" for one in ("0.upTo", "1.price", "1.upTo", "2.price", "2.upTo"))
            ),
        ),
        (
            with_rates(rate(EURO, EURO, RatePriceDraft("XXX", ()), name="")),
            bad("rates.0.name", "rates.0.prices.1.currencyCode", "rates.0.prices.2.steps"),
        ),
        (with_rates(rate(replace(EURO, currency="EURO"))), bad("rates.0.prices.0.currencyCode")),
    ],
)
async def test_bad_input_names_its_fields(infra: Infra, draft: ZoneDraft, fields: set[tuple[str, ...]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_shipping_zone(infra, draft, asked())
    assert {problem.path for problem in refused.value.problems} == fields
    assert (await list_rules(infra)).zones == ()


@ONE_MODE
@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (region("19", "XX"), bad("countryCode")),
        (region("19", "*", "CA"), bad("state")),
        (region("19", "US", "Bavaria"), bad("state")),
        (region("100.1"), bad("rates.0.percent")),
        (region("1.00001"), bad("rates.0.percent")),
        (region("-1"), bad("rates.0.percent")),
        (NewRegion("DE", None, RegionDraft(())), bad("rates")),
        (
            NewRegion("DE", None, RegionDraft((("Food!", Decimal(1)), ("a", Decimal(1)), ("a", Decimal(1))))),
            bad("rates", "rates.0.taxClass", "rates.2.taxClass"),
        ),
    ],
)
async def test_bad_regions_name_their_fields(infra: Infra, wish: NewRegion, fields: set[tuple[str, ...]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_tax_region(infra, wish, asked())
    assert {problem.path for problem in refused.value.problems} == fields


@ONE_MODE
async def test_a_place_is_in_one_zone(infra: Infra) -> None:
    berlin = PlaceDraft("DE", postcodes=(("10", "14"),))
    await create_shipping_zone(infra, zone(DE, berlin, PlaceDraft("US", ("CA", "NY"))), asked())
    for place in (DE, PlaceDraft("DE", postcodes=(("13355", None),)), PlaceDraft("US", ("New York",))):
        with pytest.raises(InvalidInput) as refused:
            await create_shipping_zone(infra, zone(PlaceDraft("FR"), place), asked())
        assert [problem.path for problem in refused.value.problems] == [("input", "places", "1")]
    fits = (PlaceDraft("DE", postcodes=(("15", "16"),)), PlaceDraft("US"), PlaceDraft("US", ("OR",)))
    await create_shipping_zone(infra, zone(*fits), asked())


@ONE_MODE
async def test_rates_by_price_and_free_from_an_amount(infra: Infra) -> None:
    steps = (StepDraft(Decimal("4.90"), Decimal("20.00")), StepDraft(Decimal("2.90")))
    by_price = rate(RatePriceDraft("EUR", steps, Decimal(50)), basis=ShippingBasis.PRICE)
    await create_shipping_zone(infra, with_rates(by_price), asked())
    found = [await prices(infra, worth=worth) for worth in (1_999, 2_000, 2_001, 4_999, 5_000)]
    assert found == [[490], [490], [290], [290], [0]]
