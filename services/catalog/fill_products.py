"""Put products into the cache before anybody asks for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final
from uuid import UUID

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.documents import ProductDoc, dump, product_key, sku_key, slug_key, variant_key
from services.catalog.read_products import read_products
from services.catalog.views import documents_of

_CHUNK: Final = 200
MOST_REMEMBERED: Final = 1_000
"""Of more, those who look for them fill the cache, or the warm-up does."""


async def remember(infra: Infra, documents: Iterable[ProductDoc]) -> None:
    """Cache new products, after the commit, as they are by now. Never fails."""
    rest = iter(islice(documents, MOST_REMEMBERED))
    with suppress(StoreUnavailable):
        while chunk := list(islice(rest, _CHUNK)):
            await fill_products(infra, {key: one.id for one in chunk for key, _ in _entries(one)})


async def fill_products(infra: Infra, owners: Mapping[str, UUID]) -> None:
    """Fill what is missing of these keys: products, and pointers to them. ``owners``: the product of each.

    The database is read for it: of what the caller has, nobody knows whether it is the latest.
    Errors: StoreUnavailable.
    """

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        ids = list(dict.fromkeys(owners[key] for key in missing))
        found = [entry for document in await read_products(infra, ids) for entry in _entries(document)]
        wanted = set(missing)
        return {key: raw for key, raw in found if key in wanted}

    await documents_of(infra).get_many(owners, load)


def _entries(document: ProductDoc) -> Iterator[tuple[str, bytes]]:
    """Yields what the cache holds of a product: the document, and its id under its slug, SKUs and variants."""
    pointer = document.id.bytes
    yield product_key(document.id), dump(document)
    yield slug_key(document.slug), pointer
    for variant in document.variants:
        yield variant_key(variant.id), pointer
        yield sku_key(variant.sku), pointer
