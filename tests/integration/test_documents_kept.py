"""Documents that clients made known take no more of Redis than they may; the longest unused go first."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from infra.runtime import Infra, open_infra
from services.document.keep_document import find_document, keep_document, weigh_documents
from services.document.keys import BYTES, TEXTS, USED
from settings import Settings
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
TEXT = "x" * 700
# With what an entry takes beside its text, three of them fit.
BOUND = 3_000


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[Infra]:
    async with open_infra(settings.model_copy(update={"persisted_documents_bytes": BOUND})) as infra:
        yield infra


async def _age(infra: Infra, digest: str, seconds: int) -> None:
    await infra.redis.client.zincrby(USED, -seconds, digest)


async def _there(infra: Infra) -> set[str]:
    return {str(name, "ascii") for name in await infra.redis.client.hkeys(TEXTS) if isinstance(name, bytes)}


async def test_the_longest_unused_goes_first(small: Infra) -> None:
    for age, digest in enumerate("cba"):
        await keep_document(small, digest, TEXT)
        await _age(small, digest, 300 - 100 * age)
    assert await weigh_documents(small) == BOUND
    # One is used again: another is the longest unused then.
    assert await find_document(small, "c") == TEXT
    await keep_document(small, "d", TEXT)
    assert await _there(small) == {"a", "c", "d"}
    assert await find_document(small, "b") is None
    # Whatever has the place of two, takes the place of two.
    await keep_document(small, "e", TEXT * 2)
    assert "e" in await _there(small)
    assert await weigh_documents(small) <= BOUND
    assert small.counters.snapshot()["documents"]["evicted"] == 3


async def test_many_at_once_are_never_too_many(small: Infra) -> None:
    await asyncio.gather(*(keep_document(small, f"{number}", "é" * 350) for number in range(50)))
    assert len(await _there(small)) == 3
    assert await weigh_documents(small) == BOUND
    await keep_document(small, "large", "x" * BOUND)
    assert (await _there(small), await weigh_documents(small)) == (set(), 0)


async def test_what_nobody_has_used_for_a_month_goes(small: Infra) -> None:
    await keep_document(small, "old", TEXT)
    await _age(small, "old", 31 * 86_400)
    await keep_document(small, "new", TEXT)
    assert await _there(small) == {"new"}
    for key in (TEXTS, USED, BYTES):
        assert 0 < await small.redis.client.ttl(key) <= 30 * 86_400


async def test_a_redis_that_let_go_of_a_part_begins_anew(small: Infra) -> None:
    for key in (TEXTS, USED, BYTES):
        for digest in "ab":
            await keep_document(small, digest, TEXT)
        await small.redis.client.delete(key)
        await keep_document(small, "c", TEXT)
        assert (await _there(small), await weigh_documents(small)) == ({"c"}, 1_000)
        assert await small.redis.client.zcard(USED) == 1
