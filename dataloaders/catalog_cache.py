"""What the catalog's loaders share: pointers from a key to the product that has it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from infra.runtime import Infra
from services.catalog.cache import catalog_cache

MAX_BATCH: Final = 1000
"""Keys a statement: SQLite takes 32,766 parameters, and a page is far smaller than this."""

K = TypeVar("K", UUID, str)


async def product_ids(
    infra: Infra,
    keys: Sequence[K],
    name: Callable[[K], str],
    read: Callable[[Sequence[K]], Awaitable[Mapping[K, UUID]]],
) -> list[UUID | None]:
    """The product of each key: pointers from the cache under ``name(key)``, the rest by one ``read``.

    A pointer may be of before a change: only the product's document says whether it still has the key.
    """
    keys_by_name = {name(key): key for key in keys}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read([keys_by_name[name] for name in missing])
        return {name(key): product_id.bytes for key, product_id in found.items()}

    pointers = await catalog_cache(infra).get_many(keys_by_name, load, _product_id)
    return [pointers.get(name(key)) for key in keys]


def _product_id(raw: bytes) -> UUID:
    return UUID(bytes=raw)
