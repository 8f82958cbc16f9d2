"""The catalog as it is read: documents and answers from the cache, and who may see them."""

import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from hashlib import blake2b
from typing import Final, Protocol, TypeVar
from uuid import UUID

from infra.cache.dependencies import depend_on
from infra.cache.documents import DocumentCache
from infra.cache.two_levels import MEMORY_TTL, TwoLevels
from infra.runtime import Infra
from models.changes import STOCKED
from models.documents import SCHEMA, ProductDoc, dump, load_product, product_key
from models.enums import Role, Scope
from services.catalog.read_products import read_products
from services.shared.viewer import Viewer

COUNT_TTL: Final = 1.0
"""Seconds that a count (stock) lives. A change of it is told like any other; but should one not be told, a count
that is minutes old would offer what is not there."""


PAGE_TTL: Final = 30.0
"""Seconds that a page of a listing lives: after a change of any product it lies there, and nobody asks for it."""


def catalog_cache(infra: Infra, ttl: float | None = None) -> TwoLevels:
    """Returns the cache of both levels. ``ttl`` in seconds, that of the settings when None."""
    longest = MEMORY_TTL if ttl is None else min(ttl, MEMORY_TTL)
    return TwoLevels(infra.memory, documents_of(infra, ttl), infra.hearing, infra.counters, ttl=longest)


def documents_of(infra: Infra, ttl: float | None = None) -> DocumentCache:
    """Returns the level that all processes share, alone."""
    return DocumentCache(
        infra.redis,
        ttl=infra.settings.cache_ttl if ttl is None else ttl,
        schema=SCHEMA,
        gate=infra.fills,
        counters=infra.counters,
    )


T = TypeVar("T")

_WORD: Final = 8


async def cached_listing(
    infra: Infra,
    question: object,
    scopes: Sequence[str],
    read: Callable[[], Awaitable[T]],
    dump: Callable[[T], bytes],
    load: Callable[[bytes], T],
) -> T:
    """Returns the answer from the cache, or made now.

    ``question`` says by its repr what is asked; a change of the tags ``scopes`` makes the answer another.
    """
    is_count = STOCKED in scopes
    if is_count:
        depend_on((), at_most=COUNT_TTL)
    words = await catalog_cache(infra).get_many(scopes, _new_words, bytes)
    versions = b"".join(words[scope] for scope in scopes)
    key = f"page:{blake2b(repr(question).encode() + versions, digest_size=16).hexdigest()}"

    async def fill(keys: Sequence[str]) -> dict[str, bytes]:
        return dict.fromkeys(keys, dump(await read()))

    # In a tuple: None is an answer too.
    cache = catalog_cache(infra, COUNT_TTL if is_count else PAGE_TTL)
    found = await cache.get_many([key], fill, lambda raw: (load(raw),))
    [answer] = found[key]
    return answer


async def _new_words(scopes: Sequence[str]) -> dict[str, bytes]:
    return {scope: os.urandom(_WORD) for scope in scopes}


async def products_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, ProductDoc]:
    """Find the products that exist: from memory, else from Redis in one round trip, the rest in four statements.

    Errors: StoreUnavailable.
    """
    ids_by_key = {product_key(product_id): product_id for product_id in ids}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        found = await read_products(infra, [ids_by_key[key] for key in missing])
        return {product_key(document.id): dump(document) for document in found}

    found = await catalog_cache(infra).get_many(ids_by_key, load, load_product)
    return {document.id: document for document in found.values()}


class Shown(Protocol):
    """A document that says whether it is for everybody."""

    @property
    def is_public(self) -> bool: ...


S = TypeVar("S", bound=Shown)


def visible(viewer: Viewer | None, document: S | None) -> S | None:
    """Returns the document, None when this viewer must not see it: drafts and what is archived are for staff."""
    if (
        document is None
        or document.is_public
        or (viewer is not None and viewer.may(Role.STAFF, Scope.CATALOG_READ))
    ):
        return document
    return None
