"""Zones, rates and tax regions: which of them an order is in, and what those of the settings become."""

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.charges_rules import (
    PostcodeRange,
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
from services.charges.list_shipping_methods import methods_of
from services.charges.rows import regions_of, zones_of
from services.charges.rules import NOWHERE, Parcel, Place, find_zone, offers_of, tax_of
from services.shared.country_rules import COUNTRIES
from services.shared.pricing import NO_TAX, Tax
from settings import Settings

METHODS = {
    "letter": {
        "name": "Letter",
        "by_weight": [
            {"up_to_grams": 500, "prices": {"EUR": 300}},
            {"up_to_grams": 100, "prices": {"EUR": 100, "USD": 120}},
        ],
    },
    "parcel": {"name": "Parcel", "prices": {"EUR": 490}, "countries": ["DE", "AT"]},
}
NOBODY = UUID(int=0)


def zone(name: str, *places: ZonePlace, rates: tuple[ShippingRate, ...] = ()) -> ZoneDoc:
    return ZoneDoc(NOBODY, name, places, rates, 1)


def offered(grams: int, country: str | None = None, currency: str = "EUR") -> list[tuple[str, int]]:
    values = zones_of(Settings(shipping_methods=json.dumps(METHODS)).shop.shipping_methods)
    zones = [zone(v["name"], *places_of(v["places"]), rates=rates_of(v["rates"])) for v in values]
    return [(offer.code, offer.price) for offer in offers_of(zones, Parcel(currency, grams, Place(country)))]


def test_those_of_the_settings_offer_what_they_did() -> None:
    assert offered(0, "DE") == [("letter", 100), ("parcel", 490)]
    assert offered(100, "FR") == [("letter", 100)]
    assert offered(101, "AT") == [("letter", 300), ("parcel", 490)]
    assert offered(501, "DE") == [("parcel", 490)]
    assert offered(501, "FR") == offered(501) == []
    assert offered(100, "DE", "USD") == [("letter", 120)]
    assert offered(101, "DE", "USD") == []


def test_the_closest_zone_is_taken() -> None:
    islands = PostcodeRange("25846", "25869")
    zones = [
        zone("world", ZonePlace("*")),
        zone("islands", ZonePlace("DE", postcodes=(islands, PostcodeRange("27498", "27498")))),
        zone("home", ZonePlace("DE"), ZonePlace("AT")),
        zone("west", ZonePlace("US", ("CA", "OR"))),
        zone("states", ZonePlace("US")),
        zone("london", ZonePlace("GB", postcodes=(PostcodeRange("EC1", "EC4"),))),
    ]

    def found(*place: str) -> str | None:
        closest = find_zone(zones, Place(*place))
        return None if closest is None else closest.name

    assert found("DE", "", "10115") == found("AT") == "home"
    assert found("DE", "", "25846") == found("DE", "", "D-25869") == found("DE", "", "2 7498") == "islands"
    assert found("DE", "", "258") == "home"
    assert found("US", "California") == found("US", "or", "97201-1234") == "west"
    assert found("US", "Texas") == found("US") == "states"
    assert found("GB", "", "ec1a 1bb") == "london"
    assert found("GB", "", "E1 6AN") == found("FR") == "world"
    assert find_zone(zones, NOWHERE) == zones[0]
    assert find_zone(zones[1:], NOWHERE) is None


@pytest.mark.parametrize(
    ("basis", "counted"),
    [
        (ShippingBasis.WEIGHT, {"grams": 10}),
        (ShippingBasis.PRICE, {"worth": 10}),
        (ShippingBasis.QUANTITY, {"units": 10}),
    ],
)
def test_steps_count_what_the_rate_goes_by(basis: ShippingBasis, counted: dict[str, int]) -> None:
    steps = (RateStep(700, 9), RateStep(500, 10), RateStep(300))
    rates = (ShippingRate("a", "A", basis, (RatePrice("EUR", steps, 5_000),)),)
    [kept] = rates_of(json.loads(json.dumps(rates_json(rates))))
    zones = [zone("all", ZonePlace("*"), rates=(kept,))]

    def price(**values: Any) -> int:
        [offer] = offers_of(zones, Parcel("EUR", **({"grams": 0} | values)))
        return offer.price

    assert [price(**{name: value + more for name, value in counted.items()}) for more in (-1, 0, 1)] == [
        700,
        500,
        300,
    ]
    assert price(worth=5_000) == 0
    assert offers_of(zones, Parcel("USD", 1)) == []


def test_places_are_kept_as_they_are() -> None:
    places = (ZonePlace("US", ("CA",), (PostcodeRange("90", "91"),)), ZonePlace("*"))
    assert places_of(json.loads(json.dumps(places_json(places)))) == places


def test_taxes_by_country_and_state() -> None:
    rules = {"DE": {"percent": "19", "inclusive": True}, "US": {"percent": "8.875", "on_shipping": False}}
    both = {"id": NOBODY, "version": 1}

    def regions(given: dict[str, Any]) -> list[RegionDoc]:
        return [RegionDoc(**(value | both)) for value in regions_of(Settings(taxes=json.dumps(given)).shop.taxes)]

    own = regions(rules)
    assert tax_of(own, Place("DE")) == Tax(190_000, inclusive=True, classes={"standard": 190_000})
    assert tax_of(own, Place("US")).rate_of(None) == 88_750
    assert not tax_of(own, Place("US")).on_shipping
    assert tax_of(own, Place("FR")) == tax_of(own, NOWHERE) == NO_TAX
    others = regions({**rules, "*": {"percent": 1}})
    assert tax_of(others, Place("FR")) == tax_of(others, NOWHERE)
    assert tax_of(others, NOWHERE) == Tax(10_000, False, classes={"standard": 10_000})
    rates = {"standard": 72_500, "food": 0}
    west = RegionDoc(NOBODY, "US", "CA", False, False, rates, TaxRounding.LINE, HalfRounding.EVEN, 1)
    tax = tax_of([*own, west], Place("US", "California"))
    assert [tax.rate_of(name) for name in (None, "food", "books")] == [72_500, 0, 72_500]
    assert (tax.rounding, tax.half) == (TaxRounding.LINE, HalfRounding.EVEN)
    assert tax_of([*own, west], Place("US", "Texas")).rate == 88_750


@pytest.mark.parametrize(
    "given",
    [
        {"shipping_methods": '{"a": {"name": "A"}}'},
        {"shipping_methods": '{"A b": {"name": "A", "prices": {"EUR": 1}}}'},
        {"shipping_methods": '{"a": {"name": "A", "prices": {"EUR": -1}}}'},
        {"taxes": '{"Germany": {"percent": 1}}'},
        {"taxes": '{"DE": {"percent": 101}}'},
        {"taxes": "nonsense"},
        {"shipping_service": "nobody"},
        {"tax_service": "nobody"},
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)  # type: ignore[arg-type]


def test_all_methods_are_told_with_their_countries() -> None:
    def flat(code: str) -> ShippingRate:
        return ShippingRate(code, code.upper(), ShippingBasis.FLAT, ())

    islands = ZonePlace("DE", postcodes=(PostcodeRange("25", "26"),))
    zones = [
        zone("home", ZonePlace("DE"), ZonePlace("AT"), rates=(flat("van"), flat("post"))),
        zone("islands", islands, ZonePlace("FR", ("corse",)), rates=(flat("ferry"),)),
        zone("world", ZonePlace("*"), rates=(flat("post"),)),
    ]
    van, post, ferry = methods_of(zones)
    assert (van.code, van.name, van.countries) == ("van", "VAN", ("AT", "DE"))
    assert (ferry.code, ferry.countries) == ("ferry", ("DE", "FR"))
    assert set(post.countries) == COUNTRIES
