"""Display names: any script, no trick."""

import unicodedata

from services.shared.texts import prints

MAX_NAME = 100


class InvalidName(ValueError):
    """The message is for the person who typed it."""


def normalise_name(typed: str) -> str:
    """Trimmed and composed (NFC). Errors: InvalidName."""
    name = unicodedata.normalize("NFC", typed[: 4 * MAX_NAME]).strip()
    if not 1 <= len(name) <= MAX_NAME or not any(unicodedata.category(char)[0] in "LNSP" for char in name):
        raise InvalidName(f"must have 1 to {MAX_NAME} characters")
    if not prints(name):
        raise InvalidName("must not hold control characters")
    return name
