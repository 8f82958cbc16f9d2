"""A Redis that answers, and says that it cannot: an outage like any other, and over as soon as it can again."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from graphql_api.health import is_ready
from infra.errors import StoreUnavailable
from infra.eventlog.streams import StreamsEventLog
from infra.ids import new_id
from infra.ports import LOOPBACK, free_port
from infra.redis import LuaScript, RedisStore
from infra.runtime import Infra, open_infra
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.flash_sale.warm_flash_sales import warm_flash_sales
from services.order.find_orders import find_order
from services.order.place_flash_order import place_flash_order
from services.shared.errors import TryAgain
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.books import assert_adds_up, orders_in
from tests.factories import order_wish, running_sale, variant_in_stock
from tests.modes import MODES
from tests.redis_server import redis_server, url_of
from tests.waiting import until_true
from tests.workers import persist_all

SCRIPT = "return redis.call('INCR', KEYS[1])"


@contextmanager
def full(server: Redis) -> Iterator[None]:
    server.config_set("maxmemory", 1)
    yield
    server.config_set("maxmemory", 0)


@contextmanager
def read_only(server: Redis) -> Iterator[None]:
    server.replicaof(LOOPBACK, free_port())
    yield
    server.replicaof("NO", "ONE")


@contextmanager
def without_its_primary(server: Redis) -> Iterator[None]:
    server.config_set("replica-serve-stale-data", "no")
    with read_only(server):
        yield


@contextmanager
def without_replicas(server: Redis) -> Iterator[None]:
    server.config_set("min-replicas-to-write", 1)
    yield
    server.config_set("min-replicas-to-write", 0)


@contextmanager
def unable_to_save(server: Redis) -> Iterator[None]:
    in_its_way = Path(str(server.config_get("dir")["dir"])) / "dump.rdb"
    in_its_way.mkdir()
    server.config_set("save", "3600 1")
    server.set("changed", 1)
    server.bgsave()
    until_true(lambda: server.info()["rdb_last_bgsave_status"] == "err", "the save to fail")
    yield
    in_its_way.rmdir()
    server.bgsave()
    until_true(lambda: server.info()["rdb_last_bgsave_status"] == "ok", "a save")


@contextmanager
def busy(server: Redis) -> Iterator[None]:
    with Redis.from_url(url_of(server)) as other:
        endless = threading.Thread(target=_run_to_its_kill, args=[other])
        endless.start()
        until_true(lambda: _refuses(server), "the server to be busy")
        yield
        server.script_kill()
        endless.join()


def _run_to_its_kill(client: Redis) -> None:
    with pytest.raises(RedisError):
        client.eval("while true do end", 0)


@contextmanager
def loading(server: Redis) -> Iterator[None]:
    with server.pipeline(transaction=False) as pipe:
        for number in range(2_000):
            pipe.set(f"key:{number}", os.urandom(1024))  # it looks at its clients after each
        pipe.execute()
    server.config_set("key-load-delay", 10_000)  # microseconds a key
    with Redis.from_url(url_of(server), socket_timeout=None) as other:
        reload = threading.Thread(target=other.execute_command, args=["DEBUG", "RELOAD"])
        reload.start()
        until_true(lambda: _refuses(server), "the server to load")
        yield
        server.config_set("key-load-delay", 0)
        reload.join()


def _refuses(server: Redis) -> bool:
    try:
        server.get("any")
    except RedisError:
        return True
    return False


Trouble = Callable[[Redis], AbstractContextManager[None]]
TROUBLES: tuple[Trouble, ...] = (
    full,
    read_only,
    without_its_primary,
    without_replicas,
    unable_to_save,
    busy,
    loading,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    with redis_server(
        tmp_path, busy_reply_threshold=50, enable_debug_command="local", loading_process_events_interval_bytes=1024
    ) as client:
        yield client


@pytest.fixture
async def store(server: Redis) -> AsyncIterator[RedisStore]:
    opened = RedisStore(url_of(server), timeout=5.0)
    yield opened
    await opened.close()


async def _ask(store: RedisStore, script: Path) -> tuple[object, ...]:
    """By every way there is to it."""
    found: list[object] = []
    for ask in (
        lambda: store.run_script(LuaScript.read(script), ["{a}count"], []),
        lambda: store.run_script_many(LuaScript.read(script), [(["{a}count"], [])]),
        lambda: store.execute(("SET", "{a}key", "value")),
        store.ping,
    ):
        found.append(await _outcome(ask()))
    found.append(await _outcome(_by_its_client(store)))
    return tuple(found)


async def _outcome(asked: object) -> object:
    try:
        await asked  # type: ignore[misc]
    except StoreUnavailable as error:
        return error.store
    return "done"


async def _by_its_client(store: RedisStore) -> None:
    async with store.guard():
        await store.client.set("{a}key", "value")


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_it_cannot_do_now_is_an_outage(
    server: Redis, store: RedisStore, tmp_path: Path, trouble: Trouble
) -> None:
    script = tmp_path / "count.lua"
    script.write_text(SCRIPT)
    assert await _ask(store, script) == ("done",) * 5
    with trouble(server):
        assert await _ask(store, script) == ("redis",) * 5
    assert await _ask(store, script) == ("done",) * 5


async def test_a_cluster_that_is_down(tmp_path: Path) -> None:
    script = tmp_path / "count.lua"
    script.write_text(SCRIPT)
    with redis_server(tmp_path, cluster_port=free_port(), cluster_enabled="yes") as client:
        store = RedisStore(url_of(client), timeout=5.0)
        assert await _ask(store, script) == ("redis",) * 5
        client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)  # type: ignore[no-untyped-call]
        until_true(lambda: client.cluster("INFO")["cluster_state"] == "ok", "the cluster to be up")
        assert await _ask(store, script) == ("done",) * 5
        await store.close()


async def test_a_log_that_cannot_be_read_is_not_taken_for_an_empty_one(server: Redis, store: RedisStore) -> None:
    log = StreamsEventLog(store, timeout=5.0)
    consumer = await log.subscribe(["orders"], "workers")
    await log.publish("orders", "key", b"value")

    async def looks() -> list[object]:
        asked = (log.end("orders"), log.lag("orders", "workers"), log.has_read("orders", "workers", {"0": "0-0"}))
        return [await _outcome(one) for one in (*asked, log.follow("orders"), consumer.fetch(1, 0.01))]

    with read_only(server):
        assert await looks() == [*["done"] * 4, "redis"]
    for trouble in (without_its_primary, busy):
        with trouble(server):
            assert await looks() == ["redis"] * 5
    assert await looks() == ["done"] * 5
    assert await log.lag("orders", "workers") == 1


@pytest.fixture
async def infra(settings: Settings, server: Redis) -> AsyncIterator[Infra]:
    """A shop whose Redis it is."""
    async with open_infra(settings.with_redis(url_of(server))) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


@pytest.mark.parametrize("mode", MODES[:1], indirect=True)
@pytest.mark.parametrize("trouble", [full, read_only, without_replicas])
async def test_nothing_is_sold_or_lost_meanwhile(server: Redis, infra: Infra, trouble: Trouble) -> None:
    item = await running_sale(infra, quantity=3)
    shirt, ada = await variant_in_stock(infra), Owner.customer(new_id())
    first = await place_flash_order(infra, order_wish(item))
    with trouble(server):
        assert not await is_ready(infra)
        for _ in range(3):
            with pytest.raises(TryAgain):
                await place_flash_order(infra, order_wish(item))
        with pytest.raises((TryAgain, StoreUnavailable)):
            await add_item(infra, ada, Wish(shirt.id, 1))
    assert await is_ready(infra)
    if trouble is read_only:  # it reigns anew
        loading = asyncio.create_task(warm_flash_sales(infra))
        await persist_all(infra)
        assert await loading == 1
    second = await place_flash_order(infra, order_wish(item))
    await add_item(infra, ada, Wish(shirt.id, 1))
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=1)
    assert set(await orders_in(infra)) == {first.id, second.id}


@pytest.mark.parametrize("mode", MODES[:1], indirect=True)
async def test_what_is_shown_as_accepted_can_be_read(
    server: Redis, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when Redis was full at the moment of accepting: what takes no memory was done then, and no more."""
    wish = order_wish(await running_sale(infra, quantity=3))
    publish = infra.events.publish_many

    async def publish_and_fill(topic: str, messages: Any, *, media_type: str) -> Any:
        published = await publish(topic, messages, media_type=media_type)
        server.config_set("maxmemory", 1)
        return published

    with monkeypatch.context() as patch:
        patch.setattr(infra.events, "publish_many", publish_and_fill)
        with pytest.raises(TryAgain):
            await place_flash_order(infra, wish)
    with pytest.raises(TryAgain):
        await place_flash_order(infra, wish)
    server.config_set("maxmemory", 0)
    order = await place_flash_order(infra, wish)
    assert await find_order(infra, order.id, wish.customer_id) == order


@pytest.mark.parametrize("trouble", [read_only, without_its_primary, without_replicas])
async def test_no_connection_to_what_is_the_primary_no_more_is_kept(
    server: Redis, store: RedisStore, trouble: Trouble
) -> None:
    """A change of role leaves them open: who only reads would go on reading what a replica has."""
    many = 8
    await asyncio.gather(*(store.client.blpop(["nothing"], 0.1) for _ in range(many)))
    before = _connected(server)
    assert len(before) >= many
    with trouble(server):
        assert await _outcome(store.execute(("SET", "{a}key", "value"))) == "redis"
        await asyncio.gather(*(_outcome(_read(store)) for _ in range(many)))
    await store.ping()
    assert not before & _connected(server) - {_own(server)}


async def _read(store: RedisStore) -> None:
    async with store.guard():
        await store.client.get("{a}key")


def _connected(server: Redis) -> set[str]:
    return {str(client["id"]) for client in server.client_list()}


def _own(server: Redis) -> str:
    return str(server.client_id())
