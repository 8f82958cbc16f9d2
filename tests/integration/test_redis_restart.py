"""A Redis that restarts, with its data or without: nothing is believed until it is loaded again."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from infra.embedded_valkey import EmbeddedValkey
from infra.ports import LOOPBACK, free_port
from infra.processes import Keeper, ProcessId, spawn
from infra.runtime import Infra, open_infra
from infra.stack.machine import find_program
from models import OrderStatus
from services.flash_sale.remaining import remaining
from services.flash_sale.warm_flash_sales import needs_warming, warm_flash_sales
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import place_flash_order
from services.shared.errors import TryAgain
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale
from tests.modes import EMBEDDED
from tests.waiting import until_true
from tests.workers import persist_all

pytestmark = pytest.mark.usefixtures("settles_soon")


class OwnRedis:
    """A server of the test's own: a Valkey on its home, or a Redis that keeps its port."""

    def __init__(self, mode: str, folder: Path) -> None:
        self._home = folder / "own"
        self._home.mkdir()
        self._embedded = mode == EMBEDDED
        self._valkey: EmbeddedValkey | None = None
        self._keeper: Keeper | None = None
        self._port = free_port()

    def start(self) -> str:
        """Its address, the same each time, once it answers."""
        if self._embedded:
            self._valkey = EmbeddedValkey.start(self._home)
            return self._valkey.url
        program = find_program("redis-server", "valkey-server")
        assert program is not None
        argv = [str(program), "--port", str(self._port), "--bind", LOOPBACK, "--appendonly", "yes", "--save", ""]
        self._keeper = spawn(argv, log=self._home / "log", cwd=self._home, dies_with_parent=True)
        url = f"redis://{LOOPBACK}:{self._port}/0"
        until_true(lambda: _answers(url), "an answer from Redis")
        return url

    def stop(self) -> None:
        if self._valkey is not None:
            self._valkey.stop()
        if self._keeper is not None and (process := ProcessId.of(self._keeper.pid)) is not None:
            process.stop(5.0)

    def forget(self) -> None:
        """Between stop and start: it comes back with nothing."""
        for folder in self._home.rglob("appendonlydir"):
            shutil.rmtree(folder)


def _answers(url: str) -> bool:
    # A client of its own: the one under test must be as the server left it.
    with suppress(RedisError), Redis.from_url(url) as client:
        return bool(client.ping())
    return False


@pytest.fixture
async def own(mode: str, tmp_path: Path) -> AsyncIterator[OwnRedis]:
    server = OwnRedis(mode, tmp_path)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def shop(own: OwnRedis, settings: Settings) -> AsyncIterator[Infra]:
    """The plumbing on a Redis that the test may restart."""
    url = await asyncio.to_thread(own.start)
    async with open_infra(settings.with_redis(url)) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


async def _restart(own: OwnRedis, *, keep_data: bool) -> None:
    await asyncio.to_thread(own.stop)
    if not keep_data:
        own.forget()
    await asyncio.to_thread(own.start)


async def test_the_first_order_of_a_fresh_process_is_taken(shop: Infra) -> None:
    item = await running_sale(shop, quantity=3)
    async with open_infra(shop.settings) as fresh:
        assert (await place_flash_order(fresh, order_wish(item))).status == OrderStatus.ACCEPTED


async def test_counters_from_before_a_restart_are_not_believed(own: OwnRedis, shop: Infra) -> None:
    item = await running_sale(shop, quantity=3)
    wish = order_wish(item)
    first = await place_flash_order(shop, wish)
    await persist_all(shop)
    await _restart(own, keep_data=True)
    for again in (wish, order_wish(item)):
        with pytest.raises(TryAgain):
            await place_flash_order(shop, again)
    live = await counters(shop, item)
    assert (live.remaining, live.pending) == (2, set())
    assert await remaining(shop, [item]) == {item.id: 2}  # the database's
    assert await needs_warming(shop)
    assert await warm_flash_sales(shop) == 1
    assert not await needs_warming(shop)
    assert (await place_flash_order(shop, wish)).id == first.id
    await place_flash_order(shop, order_wish(item))
    await persist_all(shop)
    await assert_adds_up(shop, item, remaining=1)


async def test_a_restart_with_unread_orders_in_the_log_keeps_them(own: OwnRedis, shop: Infra) -> None:
    """With its data, also the embedded log is still there; the counters have an order the database has not."""
    item = await running_sale(shop, quantity=3)
    wish, other = order_wish(item), order_wish(item)
    placed = [await place_flash_order(shop, each) for each in (wish, other)]
    await _restart(own, keep_data=True)
    with pytest.raises(TryAgain):
        await place_flash_order(shop, wish)
    loading = asyncio.create_task(warm_flash_sales(shop))
    await persist_all(shop)
    assert await loading == 1
    assert [(await place_flash_order(shop, each)).id for each in (wish, other)] == [o.id for o in placed]
    assert await orders_in(shop) == {o.id: OrderStatus.AWAITING_PAYMENT for o in placed}
    await assert_adds_up(shop, item, remaining=1)


async def test_a_restart_without_its_data_is_like_a_flush(own: OwnRedis, shop: Infra) -> None:
    item = await running_sale(shop, quantity=5, limit=2)
    wish, cancelled = order_wish(item, quantity=2), order_wish(item)
    kept, gone = await place_flash_order(shop, wish), await place_flash_order(shop, cancelled)
    await persist_all(shop)
    await cancel_order(shop, Cancellation(cancelled.customer_id, gone.id, None, "cancel"))
    await persist_all(shop)
    await _restart(own, keep_data=False)
    with pytest.raises(TryAgain):
        await place_flash_order(shop, wish)
    assert (await counters(shop, item)).remaining is None
    assert await warm_flash_sales(shop) == 1
    assert (await place_flash_order(shop, wish)).id == kept.id
    assert (await place_flash_order(shop, cancelled)).status == OrderStatus.CANCELLED
    await assert_adds_up(shop, item, remaining=3)
