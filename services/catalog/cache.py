"""The catalog's cache: how long what is kept, and under which version."""

from typing import Final

from infra.cache.documents import DocumentCache
from infra.cache.two_levels import MEMORY_TTL, TwoLevels
from infra.runtime import Infra
from models.documents import SCHEMA

COUNT_TTL: Final = 1.0
"""Seconds that a count (stock) lives. A change of it is told like any other; but should one not be told, a count
that is minutes old would offer what is not there."""


PAGE_TTL: Final = 30.0
"""Seconds that a page of a listing lives: after a change of any product it lies there, and nobody asks for it."""


def catalog_cache(infra: Infra, ttl: float | None = None) -> TwoLevels:
    """Both levels. ``ttl`` in seconds, that of the settings when None."""
    longest = MEMORY_TTL if ttl is None else min(ttl, MEMORY_TTL)
    return TwoLevels(infra.memory, documents_of(infra, ttl), infra.hearing, infra.counters, ttl=longest)


def documents_of(infra: Infra, ttl: float | None = None) -> DocumentCache:
    """The level that all processes share, alone."""
    return DocumentCache(
        infra.redis,
        ttl=infra.settings.cache_ttl if ttl is None else ttl,
        schema=SCHEMA,
        gate=infra.fills,
        counters=infra.counters,
    )
