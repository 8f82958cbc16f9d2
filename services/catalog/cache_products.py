"""Keep the cached catalog in step with what was committed."""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from infra.document_cache import DocumentCache
from infra.runtime import Infra
from models.documents import ProductDoc, dump, product_key, sku_key, slug_key, variant_key

_CHUNK = 200


async def remember(infra: Infra, documents: Iterable[ProductDoc]) -> None:
    """Write new products through to Redis, after the commit. Never fails."""
    cache = _cache(infra)
    rest = iter(documents)
    while chunk := list(islice(rest, _CHUNK)):
        await cache.put_many({key: raw for document in chunk for key, raw in _entries(document)})


async def forget(infra: Infra, *product_ids: UUID) -> None:
    """Drop changed products from Redis, after the commit. Never fails."""
    if product_ids:
        await _cache(infra).forget(map(product_key, product_ids))


def _entries(document: ProductDoc) -> Iterator[tuple[str, bytes]]:
    pointer = document.id.bytes
    yield product_key(document.id), dump(document)
    yield slug_key(document.slug), pointer
    for variant in document.variants:
        yield variant_key(variant.id), pointer
        yield sku_key(variant.sku), pointer


def _cache(infra: Infra) -> DocumentCache:
    return DocumentCache(infra.redis, ttl=infra.settings.cache_ttl)
