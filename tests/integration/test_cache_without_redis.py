"""Redis goes away and comes back: the catalog is shown all the time, and what changed meanwhile is true after."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.integration.catalog.products import create
from tests.integration.test_changes import rename
from tests.integration.test_redis_restart import OwnRedis
from tests.server import Server, serve
from tests.waiting import patience, pause, until

ONE = "query One($slug: String!) { product(slug: $slug) { title } }"
CROWD = 300


@pytest.fixture
def store_timeout() -> float:
    """What is set by default: it is about the time."""
    return 0.8


@pytest.fixture
async def own(mode: str, tmp_path: Path) -> AsyncIterator[OwnRedis]:
    server = OwnRedis(mode, tmp_path)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def server(own: OwnRedis, settings: Settings) -> AsyncIterator[Server]:
    url = await asyncio.to_thread(own.start)
    async with serve(settings.with_redis(url)) as running:
        await running.infra.events.ensure_topics(ALL_TOPICS)
        yield running


async def ask(server: Server, slug: str) -> tuple[Any, float]:
    """The title, or the error's code; and the seconds it took."""
    begun = time.monotonic()
    answer = await server.graphql(ONE, {"slug": slug})
    took = time.monotonic() - begun
    if "errors" in answer:
        return answer["errors"][0]["extensions"]["code"], took
    product = answer["data"]["product"]
    return product and product["title"], took


async def title(server: Server, slug: str) -> Any:
    return (await ask(server, slug))[0]


async def test_without_redis_the_catalog_comes_from_the_database(server: Server, own: OwnRedis) -> None:
    product = await create(server.infra, "Shirt", "A")
    assert await title(server, "shirt") == "Shirt"
    await asyncio.to_thread(own.stop)
    for _ in range(3):
        found, took = await ask(server, "shirt")
        assert found == "Shirt"
        assert took < 1.0 + pause()
    # Nobody can be told of this in Redis now.
    await rename(server.infra, product.id, "Coat")
    await until(lambda: title(server, "shirt"), "Coat".__eq__, within=3.0)
    await asyncio.to_thread(own.start)
    for _ in range(10):
        assert await title(server, "shirt") == "Coat"
        await asyncio.sleep(0.15)
    assert server.infra.redis.run_id


async def test_a_crowd_without_redis_is_answered_or_told_so_in_time(server: Server, own: OwnRedis) -> None:
    """Each asks for something else, so that no two share a read."""
    await create(server.infra, "Shirt", "A")
    await asyncio.to_thread(own.stop)
    await ask(server, "shirt")  # finds out
    answers = await asyncio.gather(*(ask(server, f"none-{number}") for number in range(CROWD)))
    outcomes = {found for found, _ in answers}
    assert outcomes <= {None, "UNAVAILABLE"}
    assert None in outcomes
    assert max(took for _, took in answers) < patience(20.0)  # none hangs; the whole crowd is in this very process
    assert server.infra.fills.waiting == 0
    # Once the crowd is gone there is room again.
    assert await title(server, "shirt") == "Shirt"
