"""Numbers for what products are listed and found by. Pure.

A list is all products in one state that share a category, a vendor or a tag, or just the state; beside it is one
of those of them that are in stock, and one of the others. A term is the beginning of a word, in one state.
Both are hashes, so that no collation and no length of a text matters: 63 bits, which a signed BIGINT holds. Of a
million values two are the same with a chance of one in 100,000.
"""

import unicodedata
from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b
from typing import Final
from uuid import UUID

from models.enums import ProductStatus

_STATES: Final = {ProductStatus.PUBLISHED: 0, ProductStatus.DRAFT: 1, ProductStatus.ARCHIVED: 2}
_STATE_SHIFT: Final = 60
_KIND_SHIFT: Final = 56

BY_STOCK: Final = 1 << 59
"""Of a list's number: it holds those in stock or those that are not, and has SOLD_OUT if these."""
SOLD_OUT: Final = 1 << 62
VALUE_BITS: Final = ((1 << _STATE_SHIFT) - 1) & ~BY_STOCK
"""Of a list's number: those that say which value of which kind, whatever the state and the stock."""


class Kind(IntEnum):
    ALL = 0
    CATEGORY = 1
    VENDOR = 2
    TAG = 3
    CURRENCY = 4
    METADATA = 5


def list_id(status: ProductStatus, kind: Kind, value: str = "") -> int:
    """Returns the list's number.

    ``value``: the hex id of a category, a currency, a ``metadata_value``, or the text of a vendor or tag, whose
    case, width and spacing count for nothing.
    """
    return (_STATES[status] << _STATE_SHIFT) | (kind << _KIND_SHIFT) | _hash(_same(value), 7)


def metadata_value(definition_id: str, digest: str) -> str:
    """Returns what a list of products with a value of metadata is called; ``definition_id`` in hex."""
    return f"{definition_id}:{digest}"


def by_stock(number: int, in_stock: bool) -> int:
    """Returns the list of those in stock, or of those that are not, beside a list of both."""
    return number | BY_STOCK | (0 if in_stock else SOLD_OUT)


def list_ids(statuses: Iterable[ProductStatus], kind: Kind, values: Iterable[str] = ("",)) -> frozenset[int]:
    wanted = list(values)
    return frozenset(list_id(status, kind, value) for status in statuses for value in wanted)


def category_lists(statuses: Iterable[ProductStatus], ids: Iterable[UUID]) -> frozenset[int]:
    return list_ids(statuses, Kind.CATEGORY, (category.hex for category in ids))


def bounds(status: ProductStatus, kind: Kind, in_stock: bool | None = None) -> tuple[int, int]:
    """Returns the lowest and the highest number of a kind of list. None: those of both."""
    lowest = (_STATES[status] << _STATE_SHIFT) | (kind << _KIND_SHIFT)
    lowest = lowest if in_stock is None else by_stock(lowest, in_stock)
    return lowest, lowest | ((1 << _KIND_SHIFT) - 1)


def term_id(status: ProductStatus, text: str) -> int:
    return _hash(f"{_STATES[status]} {text}", 8) & ((1 << 63) - 1)


def _same(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _hash(text: str, size: int) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest())
