"""What groups of customers are sold by in a flash sale: when it begins for them, at which prices, and how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

Pairs = tuple[tuple[str, int], ...]
"""By the hex of groups' ids."""


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """Of one item. ``public_from_ms``: before that only groups with a start of their own are sold to. ``mark``
    tells these terms from others, for the script that reserves."""

    public_from_ms: int | None
    starts: Pairs
    prices: Pairs
    limits: Pairs
    mark: str


def mark_of(raw: dict[str, Any] | None) -> str:
    """Returns what is put after a price in Redis; empty without terms."""
    if not raw:
        return ""
    return "#" + sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def group_terms(raw: dict[str, Any] | None, sku: str) -> GroupTerms | None:
    """Read an item's from those of its sale: ``{"publicFrom": ms, "groups": {id: {"starts": ms, "items": {sku:
    [price, limit]}}}}``."""
    if not raw:
        return None
    groups: dict[str, dict[str, Any]] = raw["groups"]
    starts = ((group, one["starts"]) for group, one in groups.items())
    found = {group: one["items"].get(sku, (None, None)) for group, one in groups.items()}
    return GroupTerms(
        raw["publicFrom"],
        _pairs(starts),
        _pairs((group, price) for group, (price, _) in found.items()),
        _pairs((group, limit) for group, (_, limit) in found.items()),
        mark_of(raw),
    )


def _pairs(found: Iterable[tuple[str, int | None]]) -> Pairs:
    return tuple(sorted((group, value) for group, value in found if value is not None))
