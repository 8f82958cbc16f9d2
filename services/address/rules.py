"""What an address may be; pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from services.address.to_e164 import to_e164
from services.shared.country_rules import COUNTRIES, MEANT, CountryRules, rules_of
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import prints

MAX_ADDRESSES: Final = 50
_LENGTHS: Final = {
    "recipient": 100,
    "line1": 200,
    "line2": 200,
    "city": 100,
    "region": 100,
    "postal_code": 20,
}
_LONGEST_PHONE: Final = 100
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u30fc]")
_PATHS: Final = {"postal_code": "postalCode", "country_code": "countryCode"}


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """An address as somebody typed it in."""

    recipient: str
    phone: str
    line1: str
    city: str
    country_code: str
    line2: str | None = None
    region: str | None = None
    postal_code: str | None = None


def checked(draft: AddressDraft) -> AddressDraft:
    """Returns the draft trimmed and composed (NFC), the phone number in E.164, the country in capitals; "" is None
    where it may be.

    What is needed depends on the country (country_rules.py); a city that is not is "".

    Errors: InvalidInput naming every field at fault.
    """
    country = _capitals(_text(draft.country_code))
    clean = AddressDraft(
        recipient=_text(draft.recipient),
        phone=to_e164(draft.phone[:_LONGEST_PHONE], country) or "",
        line1=_text(draft.line1),
        line2=_text(draft.line2 or "") or None,
        city=_text(draft.city),
        region=_text(draft.region or "") or None,
        postal_code=_code(draft.postal_code or "") or None,
        country_code=country,
    )
    if problems := list(_problems(clean)):
        raise InvalidInput(problems)
    return clean


def _capitals(value: str) -> str:
    return value.upper() if value.isascii() else value  # "ß" in capitals is South Sudan


def _text(value: str) -> str:
    # Longer than any of them may be, and still quick to look at.
    return unicodedata.normalize("NFC", value[:1000]).strip()


def _code(value: str) -> str:
    """Returns digits and dashes as machines read them."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", _text(value)))


def _problems(draft: AddressDraft) -> Iterator[FieldProblem]:
    country = rules_of(draft.country_code)
    for field in fields(draft):
        if problem := _problem(field.name, getattr(draft, field.name) or "", country):
            yield FieldProblem(("input", _PATHS.get(field.name, field.name)), problem)


def _problem(name: str, value: str, country: CountryRules) -> str | None:
    match name:
        case "phone":
            return None if value else "must be a phone number such as +49 30 1234567"
        case "country_code":
            return _country_problem(value)
        case "recipient":
            return _line_problem(value, name) if value else f"must have 1 to {_LENGTHS[name]} characters"
        case _ if not value:
            return f"is needed for {country.country or 'an address'}" if name in country.required else None
    problem = _line_problem(value, name)
    if problem is None and name == "postal_code":
        return country.postal_code_problem(value)
    if problem is None and name == "region":
        return country.region_problem(value)
    return problem


def _line_problem(value: str, name: str) -> str | None:
    if len(value) > _LENGTHS[name]:
        return f"must have 1 to {_LENGTHS[name]} characters"
    return None if prints(value) else "must not hold control characters"


def _country_problem(value: str) -> str | None:
    if meant := MEANT.get(value):
        return f"must be {meant}"
    return None if value in COUNTRIES else "must be an ISO 3166-1 country code such as DE"
