"""What an address may be; pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Final

from services.address.countries import COUNTRIES
from services.shared.errors import FieldProblem, InvalidInput

MAX_ADDRESSES: Final = 50
_LENGTHS: Final = {
    "recipient": 100,
    "line1": 200,
    "line2": 200,
    "city": 100,
    "region": 100,
    "postal_code": 20,
}
_PATHS: Final = {"postal_code": "postalCode", "country_code": "countryCode"}
# Written around the digits of a phone number in all the world, and never part of it.
_PHONE_SIGNS: Final = re.compile(r"[\s().\-/]+")
# ITU-T E.164: the country code and the number have 15 digits at most.
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


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
    """Trimmed, composed (NFC), the phone number in E.164, the country in capitals; "" is None where it may be.

    Errors: InvalidInput naming every field at fault.
    """
    clean = AddressDraft(
        recipient=_text(draft.recipient),
        phone=_PHONE_SIGNS.sub("", _text(draft.phone)),
        line1=_text(draft.line1),
        line2=_text(draft.line2 or "") or None,
        city=_text(draft.city),
        region=_text(draft.region or "") or None,
        postal_code=_text(draft.postal_code or "") or None,
        country_code=_capitals(_text(draft.country_code)),
    )
    if problems := list(_problems(clean)):
        raise InvalidInput(problems)
    return clean


def _capitals(value: str) -> str:
    return value.upper() if value.isascii() else value  # "ß" in capitals is South Sudan


def _text(value: str) -> str:
    # Longer than any of them may be, and still quick to look at.
    return unicodedata.normalize("NFC", value[:1000]).strip()


def _problems(draft: AddressDraft) -> Iterator[FieldProblem]:
    for field in fields(draft):
        value = getattr(draft, field.name)
        problem = None if value is None else _CHECKS.get(field.name, _plain)(field.name, value)
        if problem:
            yield FieldProblem(("input", _PATHS.get(field.name, field.name)), problem)


def _plain(name: str, value: str) -> str | None:
    if not 1 <= len(value) <= _LENGTHS[name]:
        return f"must have 1 to {_LENGTHS[name]} characters"
    # Joiners are letters' business in some scripts; everything else that does not print would garble a label.
    if not value.replace("\u200c", "").replace("\u200d", "").isprintable():
        return "must not hold control characters"
    return None


def _phone(_name: str, value: str) -> str | None:
    return None if _E164.fullmatch(value) else "must be an international number such as +49 30 1234567"


def _country(_name: str, value: str) -> str | None:
    return None if value in COUNTRIES else "must be an ISO 3166-1 country code such as DE"


_CHECKS: Final[dict[str, Callable[[str, str], str | None]]] = {"phone": _phone, "country_code": _country}
