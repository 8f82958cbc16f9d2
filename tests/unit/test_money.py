"""Money: exact both ways, and nothing that would need rounding."""

from decimal import Decimal, localcontext
from itertools import product
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.money.amounts import (
    MAX_MINOR,
    MoneyError,
    exponent,
    is_currency,
    parse_amount,
    to_decimal,
    to_known_minor,
    to_minor,
)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.90", "EUR", 1990),
        ("19.9", "EUR", 1990),
        ("19.900", "EUR", 1990),
        ("0", "USD", 0),
        ("-0.00", "USD", 0),
        ("1E+3", "JPY", 1000),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("0.01", "USD", 1),
        ("10000000000.00", "USD", MAX_MINOR),
    ],
)
def test_an_amount_becomes_minor_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "message"),
    [
        ("19.901", "EUR", "has too many decimals: EUR has 2"),
        ("0.5", "JPY", "has too many decimals: JPY has 0"),
        ("1E-999999", "EUR", "has too many decimals: EUR has 2"),
        ("1E+999999", "EUR", "is too large"),
        ("10000000000.01", "USD", "is too large"),
        ("-0.01", "EUR", "must be 0 or more"),
        ("NaN", "EUR", "must be 0 or more"),
        ("Infinity", "EUR", "must be 0 or more"),
        ("1", "XYZ", "is not an ISO 4217 currency code"),
        ("1", "eur", "is not an ISO 4217 currency code"),
        ("1", "", "is not an ISO 4217 currency code"),
    ],
)
def test_what_is_no_price_is_refused(amount: str, currency: str, message: str) -> None:
    with pytest.raises(MoneyError) as raised:
        to_minor(Decimal(amount), currency)
    assert str(raised.value) == message


def test_many_digits_are_not_rounded_away_by_the_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert to_minor(Decimal("1234567.89"), "EUR") == 123456789
        with pytest.raises(MoneyError, match="too many decimals"):
            to_minor(Decimal("1." + "0" * 40 + "1"), "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1990, "EUR", "19.90"), (0, "EUR", "0.00"), (5, "KWD", "0.005"), (500, "JPY", "500"), (-250, "USD", "-2.50")],
)
def test_minor_units_show_all_decimals_of_the_currency(minor: int, currency: str, text: str) -> None:
    assert str(to_decimal(minor, currency)) == text


@given(st.integers(0, MAX_MINOR), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_there_and_back_is_the_same(minor: int, currency: str) -> None:
    amount = to_decimal(minor, currency)
    assert to_minor(amount, currency) == minor
    assert -int(amount.as_tuple().exponent) == exponent(currency)
    assert parse_amount(str(amount)) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1e400",
        "NaN",
        "-1",
        "+1",
        "1,000.00",
        "1.",
        ".5",
        " 1",
        "1_0",
        "$1",
        "١",
        "1" * 16,
        "1.0000000001",
    ],
)
def test_an_amount_in_a_file_is_a_plain_decimal(text: str) -> None:
    with pytest.raises(MoneyError, match="plain decimal number"):
        parse_amount(text)


# ISO 4217, list one, published on 1 January 2026; without funds, metals and codes for tests.
LIST_ONE = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
    NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
    TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


@pytest.mark.parametrize("digits", LIST_ONE)
def test_exponents_are_those_of_list_one(digits: int) -> None:
    wrong = {code: exponent(code) for code in LIST_ONE[digits].split() if exponent(code) != digits}
    assert not wrong


def test_currencies_are_those_of_list_one() -> None:
    """The lev (BGN) ended with 2025, the Antilles' guilder (ANG) with March of that year, the kuna with 2022."""
    every_code = map("".join, product(ascii_uppercase, repeat=3))
    assert {code for code in every_code if is_currency(code)} == set(" ".join(LIST_ONE.values()).split())
    for code in ("BGN", "ANG", "HRK", "DEM", "EU", "eur", "XAU", "XXX", "CHE"):
        assert not is_currency(code)


def test_money_that_came_in_a_currency_that_has_ended_can_be_given_back() -> None:
    assert to_known_minor(Decimal("19.90"), "BGN") == 1990
    assert str(to_decimal(1990, "BGN")) == "19.90"
    with pytest.raises(MoneyError, match="not an ISO 4217"):
        to_minor(Decimal("19.90"), "BGN")
