"""What an address may be."""

from dataclasses import fields, replace

import pytest

from services.address.countries import COUNTRIES
from services.address.rules import AddressDraft, checked
from services.shared.errors import InvalidInput
from services.user.locale import normalise_locale

GOOD = AddressDraft("Ada Lovelace", "+493012345678", "Straße 1", "Köln", "DE")


def paths_at_fault(draft: AddressDraft) -> list[tuple[str, ...]]:
    with pytest.raises(InvalidInput) as caught:
        checked(draft)
    return [problem.path for problem in caught.value.problems]


def test_it_is_trimmed_and_spelled_in_one_way() -> None:
    typed = AddressDraft(
        " Ada ", "+49 (30) 123-456.78", " Strasse\u0301 1", "Ko\u0308ln", "de", " ", "", " 50667 "
    )
    assert checked(typed) == AddressDraft(
        "Ada", "+493012345678", "Strass\u00e9 1", "Köln", "DE", None, None, "50667"
    )


@pytest.mark.parametrize("name", ["محمد علی‌رضا", "李小龙", "👨‍👩‍👧‍👦", "O'Brien"])
def test_names_of_all_the_world(name: str) -> None:
    assert checked(replace(GOOD, recipient=name, city=name)) == replace(GOOD, recipient=name, city=name)


@pytest.mark.parametrize("name", [field.name for field in fields(AddressDraft)])
@pytest.mark.parametrize("value", ["a\0", "a\nb", "\u202eevil", "x" * 201, "\x1b[31m", "\u200b"])
def test_what_does_not_print_or_is_too_long_is_refused(name: str, value: str) -> None:
    path = {"postal_code": "postalCode", "country_code": "countryCode"}.get(name, name)
    assert paths_at_fault(replace(GOOD, **{name: value})) == [("input", path)]


@pytest.mark.parametrize("name", ["recipient", "phone", "line1", "city", "country_code"])
def test_what_must_be_there(name: str) -> None:
    assert len(paths_at_fault(replace(GOOD, **{name: "  "}))) == 1


@pytest.mark.parametrize(
    "phone", ["030 123456", "+0301234567", "+49", "+49301234567890123", "+4930a234567", "١٢٣٤٥٦٧٨"]
)
def test_a_phone_number_is_international(phone: str) -> None:
    assert paths_at_fault(replace(GOOD, phone=phone)) == [("input", "phone")]


@pytest.mark.parametrize("country", ["XX", "EU", "UK", "DEU", "D", "ß"])
def test_a_country_is_one_of_iso_3166(country: str) -> None:
    assert paths_at_fault(replace(GOOD, country_code=country)) == [("input", "countryCode")]


def test_there_are_249_countries() -> None:
    assert len(COUNTRIES) == 249
    assert {"CN", "DE", "GB", "TW", "US", "ZW"} <= COUNTRIES


def test_every_field_at_fault_is_named() -> None:
    assert paths_at_fault(AddressDraft("", "", "", "", "", "\0")) == [
        ("input", "recipient"),
        ("input", "phone"),
        ("input", "line1"),
        ("input", "city"),
        ("input", "countryCode"),
        ("input", "line2"),
    ]


@pytest.mark.parametrize(("typed", "kept"), [("en", "en"), ("ZH-Hans", "zh-Hans"), ("de-CH-1996", "de-CH-1996")])
def test_a_locale_is_a_language_tag(typed: str, kept: str) -> None:
    assert normalise_locale(typed) == kept


@pytest.mark.parametrize("typed", ["", "e", "en_US", "en-", "-en", "english", "zh-Hans-CN-x-abc", "en\n", "日本"])
def test_what_is_no_language_tag(typed: str) -> None:
    with pytest.raises(InvalidInput, match=r"^input\.locale"):
        normalise_locale(typed)
