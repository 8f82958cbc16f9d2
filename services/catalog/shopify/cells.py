"""What single cells of Shopify's CSV mean. Pure: a value, and what is wrong with it or None."""

import csv
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from models.enums import ProductStatus
from services.catalog import rules
from services.catalog.find_categories import category_slug
from services.catalog.shopify.rows import shown
from services.money.amounts import MoneyError, parse_amount, to_minor
from services.shared import texts

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_WEIGHT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,40})?", re.ASCII)
# A spreadsheet that saves the file writes them in its own language: German, French, Spanish, Italian, Dutch.
_YES: Final = ("true", "wahr", "vrai", "verdadero", "vero", "waar")
_NO: Final = ("false", "falsch", "faux", "falso", "onwaar")
_YES_NO: Final = {"": None, **dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
_STATUS: Final = {
    "active": ProductStatus.PUBLISHED,
    "draft": ProductStatus.DRAFT,
    "archived": ProductStatus.ARCHIVED,
}
STATUS_NAMES: Final = {status: name for name, status in _STATUS.items()}
UNLISTED: Final = "unlisted"
"""Shopify's for what is sold to who has the address, and shown in no list (since API 2025-10): here a draft."""
_PATH_SEPARATOR: Final = "/"
_NAME_SEPARATOR: Final = " > "
_ESCAPED = re.compile(r"\\(.)")


def quantity(text: str) -> tuple[int, str | None]:
    """Read units; 0 when empty, and when more were sold than there were, which a shop elsewhere may do."""
    if not text:
        return 0, None
    if not _WHOLE_NUMBER.fullmatch(text):
        return 0, f"{shown(text)} must be a whole number"
    units = max(0, int(text))
    problem = rules.quantity_problem(units)
    return units, problem and f"{text} {problem}"


def place(text: str) -> tuple[int, str | None]:
    """Read a position from 1; the last one when empty."""
    if not text:
        return 10**12, None
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) < 1:
        return 0, f"{shown(text)} must be a whole number from 1"
    return int(text), None


def grams(text: str) -> tuple[int | None, str | None]:
    """Read whole grams; None when empty. Shopify writes fractions for what was weighed in pounds."""
    if not text:
        return None, None
    if not _WEIGHT.fullmatch(text):
        return None, f"{shown(text)} must be a number of grams"
    weight = int(Decimal(text).to_integral_value(ROUND_HALF_UP))
    problem = rules.weight_problem(weight)
    return weight, problem and f"{text} {problem}"


def amount(text: str, currency: str) -> tuple[Decimal | None, str | None]:
    """Read an amount; None when empty."""
    if not text:
        return None, None
    try:
        found = parse_amount(text)
        to_minor(found, currency)
    except MoneyError as error:
        return None, f"{shown(text)} {error}"
    return found, None


def yes_no(text: str) -> tuple[bool | None, str | None]:
    """Read a yes or no; None when empty."""
    if text.lower() not in _YES_NO:
        return None, f"{shown(text)} must be true or false"
    return _YES_NO[text.lower()], None


def status(text: str) -> tuple[ProductStatus | None, str | None]:
    """Read a product's status; None when empty."""
    if not text:
        return None, None
    found = ProductStatus.DRAFT if text.lower() == UNLISTED else _STATUS.get(text.lower())
    return found, None if found else f"{shown(text)} must be active, draft, archived or unlisted"


def status_after(said: ProductStatus | None, published: bool | None, before: ProductStatus) -> ProductStatus:
    """Returns the status after a file, of a product in the state ``before``. Shopify's active is shown in its shop
    only when it is published as well; and a column that says nothing leaves what is."""
    status = before if said is None else said
    if status is ProductStatus.PUBLISHED and published is False:
        return ProductStatus.DRAFT
    if said is None and status is ProductStatus.DRAFT and published:
        return ProductStatus.PUBLISHED
    return status


def tags(text: str) -> list[str]:
    """Read tags, separated by commas; one that has a comma or begins with a quotation mark is quoted as in CSV."""
    if not text:
        return []
    cells = next(csv.reader([text.replace("\r", " ").replace("\n", " ")], skipinitialspace=True), [])
    return list(dict.fromkeys(tag.strip() for tag in cells if tag.strip()))


def write_tags(found: Sequence[str]) -> str:
    """Write what ``tags`` reads."""
    return ", ".join(f'"{tag.replace(chr(34), chr(34) * 2)}"' if _needs_quotes(tag) else tag for tag in found)


def _needs_quotes(tag: str) -> bool:
    return "," in tag or tag.startswith('"')


def category_path(slugs: str, names: str, last_name: str) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Read slug and name of each category from the root down, from ``clothes/tops`` and ``Clothes > Tops``.

    Names that do not fit to the slugs are left out, but for the last one: it is the column Type.
    """
    if not slugs:
        return (), None
    parts = slugs.split(_PATH_SEPARATOR)
    called = [_ESCAPED.sub(r"\1", name) for name in names.split(_NAME_SEPARATOR)]
    if len(called) != len(parts):
        called = list(parts)
    called[-1] = last_name or called[-1]
    problem = next((problem for part in parts if (problem := rules.slug_problem(part))), None)
    if len(parts) > rules.MOST_LEVELS:
        problem = f"has more than {rules.MOST_LEVELS} levels"
    for name in called:
        problem = problem or texts.line_problem(name, rules.CATEGORY_NAME_LENGTH, required=True)
    return tuple(zip(parts, called, strict=True)), problem and f"{shown(slugs)} {problem}"


def path_of_names(names: str) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Read ``Clothes > Tops`` where slugs are missing: each is made from all names on the way."""
    called = [name.strip() for name in names.split(_NAME_SEPARATOR.strip())]
    slugs = [category_slug(" ".join(called[: place + 1])) for place in range(len(called))]
    escaped = (name.replace("\\", "\\\\") for name in called)
    return category_path(_PATH_SEPARATOR.join(slugs), _NAME_SEPARATOR.join(escaped), "")


def write_category_path(path: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Write the slugs and the names that ``category_path`` reads."""
    slugs = _PATH_SEPARATOR.join(slug for slug, _ in path)
    names = (name.replace("\\", "\\\\").replace(">", "\\>") for _, name in path)
    return slugs, _NAME_SEPARATOR.join(names)
