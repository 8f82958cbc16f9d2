"""Find the product that has a key: pointers from the cache, the rest from the database."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from infra.runtime import Infra
from models import Image, Product, SlugRedirect, Variant
from models.documents import sku_key, slug_key, variant_key
from services.catalog.views import catalog_cache

K = TypeVar("K", UUID, str)


async def product_ids_of_variants(infra: Infra, variant_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find the product of each variant that is there. Errors: StoreUnavailable."""
    return await find_product_ids(infra, variant_ids, variant_key, partial(_owners, infra, Variant.id))


async def product_ids_of_skus(infra: Infra, skus: Collection[str]) -> dict[str, UUID]:
    """Find the product of each SKU that is there. Errors: StoreUnavailable."""
    return await find_product_ids(infra, skus, sku_key, partial(_owners, infra, Variant.sku))


async def product_ids_of_slugs(infra: Infra, slugs: Collection[str]) -> dict[str, UUID]:
    """Find the product that has the slug, or had it before; two statements at most. Errors: StoreUnavailable."""
    return await find_product_ids(infra, slugs, slug_key, partial(_of_slugs, infra))


async def product_ids_of_images(infra: Infra, image_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find the product of each image that is there. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        rows = await session.execute(select(Image.id, Image.product_id).where(Image.id.in_(image_ids)))
        return {row[0]: row[1] for row in rows}


async def _owners(infra: Infra, column: InstrumentedAttribute[K], keys: Sequence[K]) -> dict[K, UUID]:
    async with infra.database.read() as session:
        rows = await session.execute(select(column, Variant.product_id).where(column.in_(keys)))
        return dict(rows.all())


async def _of_slugs(infra: Infra, slugs: Sequence[str]) -> dict[str, UUID]:
    async with infra.database.read() as session:
        rows = await session.execute(select(Product.slug, Product.id).where(Product.slug.in_(slugs)))
        found = dict(rows.all())
        if others := [slug for slug in slugs if slug not in found]:
            old = select(SlugRedirect.slug, SlugRedirect.product_id).where(SlugRedirect.slug.in_(others))
            found |= dict((await session.execute(old)).all())
        return found


async def find_product_ids(
    infra: Infra,
    keys: Collection[K],
    name: Callable[[K], str],
    read: Callable[[Sequence[K]], Awaitable[Mapping[K, UUID]]],
) -> dict[K, UUID]:
    """Find the product of each key that has one: pointers from the cache under ``name(key)``, the rest by one
    ``read``.

    A pointer may be of before a change: only the product's document says whether it still has the key. Errors:
    StoreUnavailable.
    """
    keys_by_name = {name(key): key for key in keys}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read([keys_by_name[name] for name in missing])
        return {name(key): product_id.bytes for key, product_id in found.items()}

    pointers = await catalog_cache(infra).get_many(keys_by_name, load, _product_id)
    return {keys_by_name[name]: product_id for name, product_id in pointers.items()}


def _product_id(raw: bytes) -> UUID:
    return UUID(bytes=raw)
