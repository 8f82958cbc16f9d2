"""Display names: any script, no trick."""

import unicodedata

MAX_NAME = 100

# Joiners are letters' business in Persian and in Hindi, and hold emoji together.
_JOINERS = frozenset("\u200c\u200d")
# Control, format (the overrides of direction too), surrogate, private use, unassigned, line and paragraph breaks.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class InvalidName(ValueError):
    """The message is for the person who typed it."""


def normalise_name(typed: str) -> str:
    """Trimmed and composed (NFC). Errors: InvalidName."""
    name = unicodedata.normalize("NFC", typed[: 4 * MAX_NAME]).strip()
    if not 1 <= len(name) <= MAX_NAME or not any(unicodedata.category(char)[0] in "LNSP" for char in name):
        raise InvalidName(f"must have 1 to {MAX_NAME} characters")
    if any(unicodedata.category(char) in _REFUSED and char not in _JOINERS for char in name):
        raise InvalidName("must not hold control characters")
    return name
