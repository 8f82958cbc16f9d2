"""What the catalog's loaders share: the cache, and pointers from a key to the product that has it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from infra.document_cache import DocumentCache
from infra.runtime import Infra

MAX_BATCH: Final = 1000
"""Keys a statement: SQLite takes 32,766 parameters, and a page is far smaller than this."""

K = TypeVar("K", UUID, str)


def cache_of(infra: Infra) -> DocumentCache:
    return DocumentCache(infra.redis, ttl=infra.settings.cache_ttl)


async def product_ids(
    infra: Infra,
    keys: Sequence[K],
    name: Callable[[K], str],
    read: Callable[[Sequence[K]], Awaitable[Mapping[K, UUID]]],
) -> list[UUID | None]:
    """The product of each key: pointers from Redis under ``name(key)``, the rest by one ``read``."""
    keys_by_name = {name(key): key for key in keys}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read([keys_by_name[name] for name in missing])
        return {name(key): product_id.bytes for key, product_id in found.items()}

    pointers = await cache_of(infra).get_many(keys_by_name, load)
    return [UUID(bytes=raw) if (raw := pointers.get(name(key))) else None for key in keys]
