"""Phone numbers as people write them, in E.164. Pure; the plans of the world's numbers are libphonenumber's."""

import re
import unicodedata
from typing import Final

# Written around the digits of a phone number in all the world, and never part of it.
_SIGNS: Final = frozenset("().,/·~\u2212\u30fc")
# Spaces, dashes, and the invisible marks of direction that copying from an address book brings along.
_AROUND: Final = frozenset({"Zs", "Pd", "Cf"})
# ITU-T E.164: 15 digits at most. Some plans are written down with more.
_LONGEST: Final = len("+") + 15
_DIALLED: Final = re.compile(r"\+?[0-9]{2,20}", re.ASCII)


def to_e164(typed: str, country: str) -> str | None:
    """Returns the number in E.164, or None when it is none. Without ``+`` it is one of ``country`` (ISO 3166-1).

    Its length must be one of the plan's; which numbers are given out changes faster than any list of them.
    """
    dialled = _dialled(typed)
    if dialled is None:
        return None
    # 80 ms to load: only where there is a number.
    import phonenumbers

    try:
        number = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found if len(found) <= _LONGEST else None


def _dialled(typed: str) -> str | None:
    """Returns digits of any script and width, after a ``+``; None when there is anything else in it."""
    text = unicodedata.normalize("NFKC", typed)
    kept = [_digit(char) for char in text if char not in _SIGNS and unicodedata.category(char) not in _AROUND]
    dialled = "".join(kept)
    return dialled if _DIALLED.fullmatch(dialled) else None


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)
