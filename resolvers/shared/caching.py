"""How long answers may be kept by whom, declared on types and fields and visible to clients as ``@cacheControl``.

A hint on a type is for its plain fields. A field that is resolved has its own, or none: then its answer is
nobody's to keep. An answer may be kept as long as the least of its fields allows (graphql_api/cache_policy.py).
"""

from enum import StrEnum
from typing import Final

import strawberry
from strawberry.schema_directive import Location

CATALOG: Final = 60
"""Seconds for products, categories and listings. Here they are forgotten when they change; elsewhere they end."""

COUNTS: Final = 1
"""Seconds for stock and flash sales: who sees a count may act on it."""


class CacheScope(StrEnum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    description="How many seconds an answer may be kept, and by whom; without it: not at all. The least of all "
    "fields of an answer counts. A type's is for its fields that are not resolved by themselves.",
)
class CacheControl:
    max_age: int
    scope: CacheScope = CacheScope.PUBLIC


def cached(max_age: int) -> CacheControl:
    """Make a hint for ``directives=[...]`` of a type."""
    return CacheControl(max_age=max_age, scope=CacheScope.PUBLIC)
