"""The catalog's cache: how long what is kept, and under which version."""

from typing import Final

from infra.cache.two_levels import TwoLevels
from infra.document_cache import DocumentCache
from infra.runtime import Infra
from models.documents import SCHEMA

COUNT_TTL: Final = 1.0
"""Seconds that a count (stock) lives. A change of it is told like any other; but should one not be told, a count
that is minutes old would offer what is not there."""


def catalog_cache(infra: Infra, ttl: float | None = None) -> TwoLevels:
    """Both levels. ``ttl`` in seconds, that of the settings when None."""
    longest = {} if ttl is None else {"ttl": ttl}
    return TwoLevels(infra.memory, documents_of(infra, ttl), infra.hearing, infra.counters, **longest)


def documents_of(infra: Infra, ttl: float | None = None) -> DocumentCache:
    """The level that all processes share, alone."""
    return DocumentCache(
        infra.redis,
        ttl=infra.settings.cache_ttl if ttl is None else ttl,
        schema=SCHEMA,
        gate=infra.fills,
        counters=infra.counters,
    )
