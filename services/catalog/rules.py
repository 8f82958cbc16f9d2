"""The rules of the catalog's fields. Pure: each takes a value and says what is wrong with it, or None."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

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

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.ASCII)


def slugify(text: str) -> str:
    """Make a slug of a text: ``Été à Nîmes!`` becomes ``ete-a-nimes``; empty when nothing of the text is left."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:SLUG_LENGTH].strip("-")


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
    if not _SLUG.fullmatch(value):
        return "must be letters a to z, digits, - and _, and start and end with a letter or digit"
    return None


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
