"""The warm-up: all of what is published, in pages, once, and from where the last one stopped."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from dataloaders import Loaders
from infra.errors import StoreUnavailable
from infra.runtime import Infra, open_infra
from models import Product
from models.documents import product_key
from services.catalog import warm_catalog as warming
from services.catalog.create_product import create_product
from services.catalog.warm_catalog import Warmed, warm_catalog
from settings import Settings
from tests.commands import run
from tests.integration.catalog.products import draft, statements, variant
from tests.modes import ONE_MODE

PAGE = 3
COUNT = 8


@pytest.fixture
async def infra(settings: Settings) -> AsyncIterator[Infra]:
    async with open_infra(settings.model_copy(update={"warm_page": PAGE})) as opened:
        for number in range(COUNT):
            await create_product(opened, draft(f"P {number}", variant(f"S-{number}")), "test")
        await opened.redis.client.flushdb()
        yield opened


async def cached(infra: Infra) -> int:
    return len([key async for key in infra.redis.client.scan_iter("doc:product:*")])


async def test_what_is_published_is_read_without_the_database_then(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Product).where(Product.slug == "p-0").values(status="DRAFT"))
    await infra.redis.client.flushdb()
    steps: list[tuple[int, int]] = []
    warmed = await warm_catalog(infra, progress=lambda done, total: steps.append((done, total)))
    assert warmed == Warmed(COUNT - 1, 0)
    assert steps == [(0, 7), (3, 7), (6, 7), (7, 7)]
    assert await cached(infra) == COUNT - 1
    with statements(infra) as seen:
        loaders = Loaders(infra)
        for number in range(1, COUNT):
            found = await loaders.product_id_by_slug.load(f"p-{number}")
            assert found is not None
            assert await loaders.product_by_id.load(found) is not None
            assert await loaders.variant_by_sku.load(f"S-{number}") is not None
    assert seen == []


async def test_it_is_done_once(infra: Infra) -> None:
    assert await warm_catalog(infra) == Warmed(COUNT, 0)
    with statements(infra) as seen:
        assert await warm_catalog(infra) is None
    assert seen == []
    # Again: of what is there no document is read.
    with statements(infra) as seen:
        assert await warm_catalog(infra, anew=True) == Warmed(COUNT, 0)
    assert len([statement for statement in seen if "description" in statement]) == 0


async def test_what_was_cut_off_is_gone_on_with(infra: Infra) -> None:
    class CutOff(Exception):
        pass

    def cut_off(done: int, _total: int) -> None:
        if done == 2 * PAGE:
            raise CutOff

    with pytest.raises(CutOff):
        await warm_catalog(infra, progress=cut_off)
    assert await cached(infra) == 2 * PAGE
    assert await warm_catalog(infra) is None  # the lock of the one that died
    await infra.redis.client.delete("cache:warming:lock")
    assert await warm_catalog(infra) == Warmed(COUNT - 2 * PAGE, 2 * PAGE)
    assert await cached(infra) == COUNT
    assert await infra.redis.client.exists("cache:warming", "cache:warming:lock") == 0


async def test_of_several_processes_one_is_at_it(infra: Infra) -> None:
    async with open_infra(infra.settings) as other:
        results = await asyncio.gather(warm_catalog(infra), warm_catalog(other), warm_catalog(infra))
    assert [result for result in results if result is not None] == [Warmed(COUNT, 0)]


async def test_who_lost_the_lock_stops(infra: Infra) -> None:
    async def take_over() -> None:
        await infra.redis.client.set("cache:warming:lock", "another's")

    def progress(done: int, _total: int) -> None:
        if done == PAGE:
            tasks.append(asyncio.ensure_future(take_over()))

    tasks: list[asyncio.Future[None]] = []
    assert await warm_catalog(infra, progress=progress) is None
    assert await infra.redis.client.get("cache:warming:lock") == b"another's"
    assert await cached(infra) < COUNT


async def test_without_redis_it_says_so(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_commands: object) -> list[object]:
        raise StoreUnavailable("redis")

    monkeypatch.setattr(infra.redis, "execute", away)
    with pytest.raises(StoreUnavailable):
        await warm_catalog(infra)


@ONE_MODE
async def test_the_command_shows_how_far_it_is_and_clears(infra: Infra) -> None:
    first = run(infra.settings, "cache", "warm")
    assert (first.returncode, first.stdout) == (0, f"{COUNT} products warmed.\n"), first.stderr
    assert f"{COUNT}/{COUNT}" in first.stderr
    again = run(infra.settings, "cache", "warm")
    assert again.stdout == "Nothing to do: it was done lately, or another process is at it.\n"
    cleared = run(infra.settings, "cache", "clear")
    assert (cleared.returncode, cleared.stdout) == (0, "Everything that was cached is forgotten.\n")
    [product_id] = [await Loaders(infra).product_id_by_slug.load("p-0")]
    assert product_id is not None
    with statements(infra) as seen:
        await Loaders(infra).product_by_id.load(product_id)
    assert len([one for one in seen if "description" in one]) == 1
    assert await infra.redis.client.exists(f"doc:{product_key(product_id)}") == 1
    # What was done before everything was forgotten does not count.
    assert await warm_catalog(infra) == Warmed(COUNT, 0)


def test_a_page_is_no_smaller_than_what_was_measured_to_be_good() -> None:
    assert Settings().warm_page == 200
    assert "200: 3,013/s" in (warming.__doc__ or "")
