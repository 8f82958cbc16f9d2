"""Products by id, and the product that has a key: from the cache, the rest from the database."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Variant
from models.documents import ProductDoc, dump, load_product, product_key, variant_key
from services.catalog.cache import catalog_cache
from services.catalog.read_products import read_products

K = TypeVar("K", UUID, str)


async def products_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, ProductDoc]:
    """Those that exist: from memory, else from Redis in one round trip, the rest in four statements.

    Errors: StoreUnavailable.
    """
    ids_by_key = {product_key(product_id): product_id for product_id in ids}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read_products(infra, [ids_by_key[key] for key in missing])
        return {product_key(document.id): dump(document) for document in found}

    found = await catalog_cache(infra).get_many(ids_by_key, load, load_product)
    return {document.id: document for document in found.values()}


async def product_ids(
    infra: Infra,
    keys: Collection[K],
    name: Callable[[K], str],
    read: Callable[[Sequence[K]], Awaitable[Mapping[K, UUID]]],
) -> dict[K, UUID]:
    """The product of each key that has one: pointers from the cache under ``name(key)``, the rest by one ``read``.

    A pointer may be of before a change: only the product's document says whether it still has the key.
    Errors: StoreUnavailable.
    """
    keys_by_name = {name(key): key for key in keys}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read([keys_by_name[name] for name in missing])
        return {name(key): product_id.bytes for key, product_id in found.items()}

    pointers = await catalog_cache(infra).get_many(keys_by_name, load, _product_id)
    return {keys_by_name[name]: product_id for name, product_id in pointers.items()}


async def product_ids_of_variants(infra: Infra, variant_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """As ``product_ids``, by the variant's id."""

    async def read(missing: Sequence[UUID]) -> dict[UUID, UUID]:
        async with infra.database.read() as session:
            rows = await session.execute(select(Variant.id, Variant.product_id).where(Variant.id.in_(missing)))
            return dict(rows.all())

    return await product_ids(infra, variant_ids, variant_key, read)


def _product_id(raw: bytes) -> UUID:
    return UUID(bytes=raw)
