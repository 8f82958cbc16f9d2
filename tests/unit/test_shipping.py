"""Rates and taxes from the settings."""

import json

import pytest
from pydantic import ValidationError

from services.checkout.rules import FREE, Parcel, make_shipping_rates, make_taxes
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


async def offered(grams: int, country: str | None = None, currency: str = "EUR") -> list[tuple[str, int]]:
    rates = make_shipping_rates(Settings(shipping_methods=json.dumps(METHODS)))
    return [(offer.code, offer.price) for offer in await rates.offers(Parcel(currency, grams, country))]


async def test_flat_and_by_weight() -> None:
    assert await offered(0, "DE") == [("letter", 100), ("parcel", 490)]
    assert await offered(100, "FR") == [("letter", 100)]
    assert await offered(101, "AT") == [("letter", 300), ("parcel", 490)]
    assert await offered(501, "DE") == [("parcel", 490)]
    assert await offered(501, "FR") == await offered(501) == []
    assert await offered(100, "DE", "USD") == [("letter", 120)]
    assert await offered(101, "DE", "USD") == []


async def test_without_methods_it_is_free() -> None:
    assert await make_shipping_rates(Settings()).offers(Parcel("EUR", 1, None)) == [FREE]


async def test_taxes_by_country() -> None:
    rules = {"DE": {"percent": "19", "inclusive": True}, "US": {"percent": "8.875", "on_shipping": False}}
    taxes = make_taxes(Settings(taxes=json.dumps(rules)))
    assert await taxes.tax_for("DE") == Tax(190_000, inclusive=True)
    assert await taxes.tax_for("US") == Tax(88_750, inclusive=False, on_shipping=False)
    assert await taxes.tax_for("FR") == await taxes.tax_for(None) == NO_TAX
    others = make_taxes(Settings(taxes=json.dumps({**rules, "*": {"percent": 1}})))
    assert await others.tax_for("FR") == await others.tax_for(None) == Tax(10_000, inclusive=False)


@pytest.mark.parametrize(
    "given",
    [
        {"shipping_methods": '{"a": {"name": "A"}}'},
        {"shipping_methods": '{"A b": {"name": "A", "prices": {"EUR": 1}}}'},
        {"shipping_methods": '{"a": {"name": "A", "prices": {"EUR": -1}}}'},
        {"taxes": '{"Germany": {"percent": 1}}'},
        {"taxes": '{"DE": {"percent": 101}}'},
        {"taxes": "nonsense"},
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)  # type: ignore[arg-type]
