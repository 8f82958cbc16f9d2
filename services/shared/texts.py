"""Rules of texts and SKUs that every area has. Pure: each says what is wrong with a value, or None.

Spaces of all scripts (category Zs: U+00A0, U+202F, U+3000 between Japanese names) are text like letters, and kept.
"""

import re
import unicodedata
from typing import Final

SKU_LENGTH: Final = 64
MOST_QUANTITY: Final = 10**9
# Control characters other than tab and line ends, and halves of surrogate pairs (no text has them).
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# All control characters (C1 with its line end U+0085 too), line and paragraph separators.
_NOT_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Joiners are letters' business in Persian and in Hindi, and hold emoji together.
_JOINERS: Final = frozenset("\u200c\u200d")
_TAX_CLASS: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_SPACES = re.compile(" {2,}")
# Control, format (overrides of direction too), surrogate, private use, unassigned, line and paragraph separators.
_GARBLES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def line_problem(value: str, maximum: int, *, required: bool = False) -> str | None:
    """Returns what is wrong with one line of text."""
    if required and not value.strip():
        return "must not be empty"
    if len(value) > maximum:
        return f"must have at most {maximum} characters"
    if _NOT_A_LINE.search(value):
        return "must not contain control characters or line breaks"
    return None


def prints(value: str) -> bool:
    """Tell whether a name looks on a label as it was typed: nothing in it is unseen, or turns what follows."""
    return all(unicodedata.category(char) not in _GARBLES or char in _JOINERS for char in value)


def text_problem(value: str, maximum: int) -> str | None:
    """Returns what is wrong with text of any number of lines."""
    if len(value) > maximum:
        return f"must have at most {maximum} characters"
    return "must not contain control characters" if NOT_TEXT.search(value) else None


def sku_problem(value: str) -> str | None:
    """Returns what is wrong with a SKU: no braces, as it is part of Redis keys, as their hash tag; of whitespace
    single spaces within, so that no two SKUs look alike."""
    if not value:
        return "must not be empty"
    if len(value) > SKU_LENGTH:
        return f"must have at most {SKU_LENGTH} characters"
    if not all(char == " " or (char.isprintable() and not char.isspace() and char not in "{}") for char in value):
        return "must not contain control characters, { or }, nor whitespace but spaces"
    return None if value == normal_sku(value) else "must have single spaces, and none at its ends"


def tax_class_problem(value: str) -> str | None:
    """Returns what is wrong with a tax class; an empty one is the ordinary one."""
    if not value or _TAX_CLASS.fullmatch(value):
        return None
    return "must have 1 to 40 small letters, digits, - or _, and begin with a letter or digit"


def normal_sku(text: str) -> str:
    """Returns a SKU as it is stored: of spaces beside each other one, at the ends none."""
    return _SPACES.sub(" ", text).strip(" ")
