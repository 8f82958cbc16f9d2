"""Answers in the cache, each under a key that changes with whatever it depends on.

The key holds a version of each of these things: a random word in the cache that a change throws away, so that
every answer of before is out of reach at once, and a slow filler writes where nobody looks.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Final, TypeVar

from infra.cache.dependencies import depend_on
from infra.runtime import Infra
from models.changes import STOCKED
from services.catalog.cache import COUNT_TTL, PAGE_TTL, catalog_cache

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
    """``question`` says by its repr what is asked; a change of the tags ``scopes`` makes the answer another."""
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
