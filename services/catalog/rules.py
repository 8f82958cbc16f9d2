"""The rules of the catalog's fields. Pure: each takes a value and says what is wrong with it, or None."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from services.shared.texts import MOST_QUANTITY, NOT_TEXT, line_problem

TITLE_LENGTH: Final = 255
SLUG_LENGTH: Final = 200
URL_LENGTH: Final = 2048
ALT_TEXT_LENGTH: Final = 512
TAG_LENGTH: Final = 100
MOST_TAGS: Final = 50
MOST_IMAGES: Final = 250
MOST_VARIANTS: Final = 2048
MOST_GRAMS: Final = 10**9
MOST_OPTIONS: Final = 3
OPTION_LENGTH: Final = 255
SEO_TITLE_LENGTH: Final = 255
SEO_DESCRIPTION_LENGTH: Final = 1000
CATEGORY_NAME_LENGTH: Final = 200
MOST_LEVELS: Final = 10
DESCRIPTION_BYTES: Final = 65_535  # a MySQL TEXT column

_NO_SLUG: Final = "must be letters, digits, - and _, and start and end with a letter or digit"
# Between the letters of some scripts; no other character that is not seen may be in a slug.
_PLAIN_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_JOINERS: Final = "\u200c\u200d"


def slugify(text: str) -> str:
    """Make a slug of a text: ``Été à Nîmes!`` becomes ``ete-a-nimes``, and ``空谷 提灯``, without a Latin letter,
    ``空谷-提灯``; empty when nothing of the text is left."""
    if slug := latin_slug(text):
        return slug
    letters = unicodedata.normalize("NFKC", text).lower()
    words = "".join(char if _is_letter(char) else " " for char in letters).split()
    slug = normal_slug("-".join(words))[:SLUG_LENGTH].strip("-")
    return slug if slug_problem(slug) is None else ""


def latin_slug(text: str) -> str:
    """Make a slug of the Latin letters and the digits of a text."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:SLUG_LENGTH].strip("-")


def normal_slug(text: str) -> str:
    """Returns the slug in the one form in which it is stored (NFC), however its accents were typed."""
    return unicodedata.normalize("NFC", text)


def slug_of(text: str) -> str:
    """Returns the slug in an address, percent-encoded or not (RFC 3987): ``%C3%A9t%C3%A9`` is ``été``."""
    return normal_slug(unquote(text))


def _is_letter(char: str) -> bool:
    """Tell letters, the marks on them, and digits, of any script."""
    return unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def title_problem(value: str) -> str | None:
    return line_problem(value, TITLE_LENGTH, required=True)


def description_problem(value: str) -> str | None:
    if NOT_TEXT.search(value):
        return "must not contain control characters"
    if len(value.encode()) > DESCRIPTION_BYTES:
        return f"must have at most {DESCRIPTION_BYTES} bytes"
    return None


def slug_problem(value: str) -> str | None:
    if len(value) > SLUG_LENGTH:
        return f"must have at most {SLUG_LENGTH} characters"
    if _PLAIN_SLUG.fullmatch(value):
        return None  # at once: each query by a slug comes here
    if not value or not all(_is_letter(char) or char in "-_" or char in _JOINERS for char in value):
        return _NO_SLUG
    ends_well = _is_letter(value[0]) and unicodedata.category(value[0])[0] != "M" and _is_letter(value[-1])
    if not ends_well:
        return _NO_SLUG
    is_normal = value == normal_slug(value) == value.lower()
    return None if is_normal else "must be in small letters, their accents composed (NFC)"


def quantity_problem(value: int) -> str | None:
    return None if 0 <= value <= MOST_QUANTITY else f"must be between 0 and {MOST_QUANTITY}"


def weight_problem(value: int) -> str | None:
    return None if 0 <= value <= MOST_GRAMS else f"must be between 0 and {MOST_GRAMS}"


def options_problem(options: Mapping[str, str]) -> str | None:
    """Returns what is wrong with one variant's options, by itself."""
    if len(options) > MOST_OPTIONS:
        return f"at most {MOST_OPTIONS}"
    if options == {"Title": "Default Title"}:
        return "is what Shopify writes for a product without options: leave it out"
    for text in (*options, *options.values()):
        if problem := line_problem(text, OPTION_LENGTH, required=True):
            return problem
        if text != text.strip():
            return "must not begin or end with a space"
    return None


def option_key(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Returns a key that is the same for the same choices, in whatever order."""
    return tuple(sorted(options.items()))


def options_beside_problem(
    first: Mapping[str, str], others: Collection[tuple[tuple[str, str], ...]], options: Mapping[str, str]
) -> str | None:
    """Returns what is wrong with a variant's options beside the product's other variants: ``first`` is what one of
    these has, ``others`` the option keys of all. Variants without any option are told apart by their titles."""
    if set(first) != set(options):
        return f"must have the names that the other variants have: {', '.join(first) or 'none'}"
    return "another variant has the same" if options and option_key(options) in others else None


def url_problem(value: str) -> str | None:
    """Returns what is wrong with an absolute http or https URL."""
    if len(value) > URL_LENGTH:
        return f"must have at most {URL_LENGTH} characters"
    if not value.isprintable() or " " in value:
        return "must not contain spaces or control characters"
    try:
        parts = urlsplit(value)
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be an http or https URL"
    return None


def tag_problem(value: str) -> str | None:
    return line_problem(value, TAG_LENGTH, required=True)
