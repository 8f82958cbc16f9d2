"""What an address may be."""

from dataclasses import fields, replace

import phonenumbers
import pytest

from services.address.rules import AddressDraft, checked
from services.address.to_e164 import to_e164
from services.shared.country_rules import COUNTRIES, rules_of
from services.shared.errors import InvalidInput
from services.user.rules import normalise_locale

GOOD = AddressDraft("Ada Lovelace", "+493012345678", "Straße 1", "Köln", "DE", postal_code="50667")


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
@pytest.mark.parametrize(
    "value", ["a\0", "a\nb", "\u202eevil", "x" * 201, "\x1b[31m", "\u200b", "a\u2028b", "a\u2029b"]
)
def test_what_does_not_print_or_is_too_long_is_refused(name: str, value: str) -> None:
    path = {"postal_code": "postalCode", "country_code": "countryCode"}.get(name, name)
    assert paths_at_fault(replace(GOOD, **{name: value})) == [("input", path)]


@pytest.mark.parametrize("name", ["recipient", "phone", "line1", "city", "country_code"])
def test_what_must_be_there(name: str) -> None:
    assert len(paths_at_fault(replace(GOOD, **{name: "  "}))) == 1


@pytest.mark.parametrize(
    "phone",
    [
        "+0301234567",
        "+49",
        "+49301234567890123",
        "+4930a234567",
        "+49+30123456",
        "123",
        "1",
        "+999 123456",
        "call me",
    ],
)
def test_what_is_no_phone_number(phone: str) -> None:
    assert paths_at_fault(replace(GOOD, phone=phone)) == [("input", "phone")]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+49 (0)30 1234567", "+49301234567"),
        ("+490301234567", "+49301234567"),
        ("030 1234567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("＋４９　３０　１２３４５６７", "+49301234567"),
        ("+49\u00a030\u202f123\u20114567", "+49301234567"),
        ("+49 30\u2013123\u22124567", "+49301234567"),
        ("\u202a+49 30 1234567\u202c", "+49301234567"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+49 (30) 123-456.7/8", "+493012345678"),
        ("+٤٩٣٠١٢٣٤٥٦٧", "+49301234567"),
    ],
)
def test_phone_numbers_are_kept_in_e164(typed: str, kept: str) -> None:
    assert checked(replace(GOOD, phone=typed)).phone == kept


def test_a_zero_in_brackets_is_not_dialled_from_abroad() -> None:
    """Of every country whose numbers begin with 0 at home."""
    tried = 0
    for region in phonenumbers.SUPPORTED_REGIONS:
        plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.FIXED_LINE)
        if plan is None or number is None or plan.national_prefix != "0":
            continue
        at_home = phonenumbers.national_significant_number(number)
        known = f"+{number.country_code}{at_home}"
        assert to_e164(f"+{number.country_code} (0){at_home}", region) == to_e164(known, region) == known
        tried += 1
    assert tried > 100


def test_a_number_without_its_country_is_one_of_the_address() -> None:
    state = {"region": "CA", "postal_code": "94043"}
    assert checked(replace(GOOD, country_code="US", phone="(212) 555-0100", **state)).phone == "+12125550100"
    island = replace(GOOD, country_code="AQ", postal_code=None)
    assert paths_at_fault(replace(island, phone="030 1234567")) == [("input", "phone")]
    assert checked(replace(island, phone="+49 30 1234567")).phone == "+49301234567"


@pytest.mark.parametrize("country", ["XX", "EU", "UK", "ZZ", "DEU", "D", "ß"])
def test_a_country_is_one_of_iso_3166(country: str) -> None:
    assert paths_at_fault(replace(GOOD, country_code=country)) == [("input", "countryCode")]


def test_there_are_249_countries_and_kosovo() -> None:
    assert len(COUNTRIES) == 250
    assert {"CN", "DE", "GB", "TW", "US", "XK", "ZW"} <= COUNTRIES


@pytest.mark.parametrize(("typed", "meant"), [("UK", "GB"), ("uk", "GB"), ("EL", "GR")])
def test_the_code_that_is_meant_is_offered(typed: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(replace(GOOD, country_code=typed))
    assert [(p.path, p.message) for p in caught.value.problems] == [(("input", "countryCode"), f"must be {meant}")]


def at(country: str, city: str = "", region: str | None = None, postal_code: str | None = None) -> AddressDraft:
    return AddressDraft("Ada", "+49301234567", "Way 1", city, country, None, region, postal_code)


COMPLETE = [
    at("JP", "", "東京都", "150-0002"),
    at("JP", "渋谷区", "東京都", "１５０ー０００２"),
    at("AE", "", "Dubai"),
    at("AE", "Dubai", "إمارة دبيّ", "00000"),
    at("SG", "", None, "238823"),
    at("SG", "Singapore", None, "238823"),
    at("MO"),
    at("HK", "", "Kowloon"),
    at("HK", "Wan Chai", "Hong Kong Island"),
    at("US", "Mountain View", "CA", "94043"),
    at("US", "Mountain View", "california", "94043-1351"),
    at("CA", "Montréal", "Quebec", "h3z 2y7"),
    at("CA", "Montréal", "Québec", "H3Z2Y7"),
    at("BR", "São Paulo", "sao paulo", "01310-100"),
    at("AU", "Sydney", "N.S.W.", "2000"),
    at("DE", "Köln", None, "D-50667"),
    at("SE", "Stockholm", None, "SE-111 20"),
    at("LV", "Rīga", None, "1050"),
    at("GB", "London", None, "sw1a\u00a01aa"),
    at("IE", "Dublin"),
    at("XK", "Prishtina"),
    at("XK", "Prishtina", None, "10000"),
    at("IT", "Roma", "Lazio", "00144"),
]


@pytest.mark.parametrize("draft", COMPLETE)
def test_addresses_that_are_complete(draft: AddressDraft) -> None:
    kept = checked(draft)
    assert (kept.city, kept.region, kept.country_code) == (draft.city, draft.region, draft.country_code)


@pytest.mark.parametrize(
    ("draft", "at_fault"),
    [
        (at("US", "Mountain View"), ["region", "postalCode"]),
        (at("US", "Mountain View", "XX", "94043"), ["region"]),
        (at("US", "Mountain View", "CA", "9404"), ["postalCode"]),
        (at("US", "", "CA", "94043"), ["city"]),
        (at("DE", "Köln", None, "ABC"), ["postalCode"]),
        (at("DE", "Köln"), ["postalCode"]),
        (at("GB", "London", None, "ABC"), ["postalCode"]),
        (at("GB", "London", None, "BFPO 1x"), ["postalCode"]),
        (at("JP", "渋谷区", None, "150-0002"), ["region"]),
        (at("SG"), ["postalCode"]),
        (at("AE", "Dubai"), ["region"]),
        (at("IE"), ["city"]),
        (at("IE", "Dublin", None, "1"), ["postalCode"]),
        (at("XK"), ["city"]),
    ],
)
def test_what_a_country_needs(draft: AddressDraft, at_fault: list[str]) -> None:
    assert paths_at_fault(draft) == [("input", name) for name in at_fault]


def test_a_postal_code_that_is_none_is_answered_with_one() -> None:
    with pytest.raises(InvalidInput, match="must be a postal code of PL such as 00-950"):
        checked(at("PL", "Warszawa", None, "00950"))


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_each_country_has_rules_that_its_example_keeps(country: str) -> None:
    rules = rules_of(country)
    assert "line1" in rules.required
    assert rules.country == country
    if rules.postal_code is not None:
        assert rules.postal_code_problem(rules.example) is None
        assert rules.postal_code_problem("#") == f"must be a postal code of {country} such as {rules.example}"


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u3000", "\u2009"])
def test_spaces_of_all_scripts_are_kept_within_and_trimmed_around(space: str) -> None:
    name = f"山田{space}太郎"
    typed = replace(GOOD, recipient=f"{space}{name}{space}", line1=name, line2=f"{name}{space}", city=name)
    assert checked(typed) == replace(GOOD, recipient=name, line1=name, line2=name, city=name)


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
