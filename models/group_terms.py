"""What groups of customers are sold by in a flash sale: when it begins for them, at which prices, and how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

Pairs = tuple[tuple[str, int], ...]
"""By the hex of groups' ids."""
PriceList = tuple[tuple[str, int], ...]
"""Minor units by currency, sorted."""


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """Of one item. ``public_from_ms``: before that only groups with a start of their own are sold to. ``listed``:
    the prices in currencies other than the item's."""

    public_from_ms: int | None
    starts: Pairs
    prices: Pairs
    limits: Pairs
    listed: tuple[tuple[str, PriceList], ...] = ()


def mark_of(raw: dict[str, Any] | None, prices: dict[str, int] | None) -> str:
    """Returns what is put after a price in Redis, so that the script that reserves tells other terms of groups and
    other prices of the item from these; empty without any."""
    if not raw and not prices:
        return ""
    terms = [raw, prices] if prices else raw
    return "#" + sha256(orjson.dumps(terms, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def group_terms(raw: dict[str, Any] | None, sku: str) -> GroupTerms | None:
    """Read an item's from those of its sale: ``{"publicFrom": ms, "groups": {id: {"starts": ms, "items": {sku:
    [price, limit, {currency: price}]}}}}``; the last is there where there are such."""
    if not raw:
        return None
    groups: dict[str, dict[str, Any]] = raw["groups"]
    starts = ((group, one["starts"]) for group, one in groups.items())
    found = {group: one["items"].get(sku, (None, None)) for group, one in groups.items()}
    return GroupTerms(
        raw["publicFrom"],
        _pairs(starts),
        _pairs((group, terms[0]) for group, terms in found.items()),
        _pairs((group, terms[1]) for group, terms in found.items()),
        tuple((group, price_list(terms[2])) for group, terms in sorted(found.items()) if len(terms) > 2),
    )


def price_list(raw: dict[str, int] | None) -> PriceList:
    return tuple(sorted((raw or {}).items()))


def _pairs(found: Iterable[tuple[str, int | None]]) -> Pairs:
    return tuple(sorted((group, value) for group, value in found if value is not None))
