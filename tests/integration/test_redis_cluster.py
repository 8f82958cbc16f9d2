"""A shop on a Redis Cluster: what is asked for finds its server, and nothing crosses slots."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from redis.exceptions import ReadOnlyError

from infra.errors import StoreUnavailable
from infra.open_redis import open_redis
from infra.redis import LuaScript, RedisStore
from infra.runtime import Infra, open_infra
from models.flash_sale_document import FlashItemDoc
from services.order.abandon_unconfirmed import find_unconfirmed
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import ItemKeys, accepted_key
from services.shared.errors import TryAgain
from services.shared.events import ALL_TOPICS
from services.shared.watch_changes import watching_changes
from settings import Settings
from settings.errors import BadSetting
from tests.books import assert_adds_up, orders_in
from tests.factories import order_wish, running_sale
from tests.modes import MODES, ONE_MODE
from tests.redis_cluster import Cluster, kill, redis_cluster
from tests.waiting import until
from tests.workers import persist_all, working

COUNT = LuaScript("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])")
KEYS = [f"{{{n}}}:count" for n in range(30)]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with redis_cluster(tmp_path) as running:
        yield running


@pytest.fixture
async def store(cluster: Cluster) -> AsyncIterator[RedisStore]:
    opened = open_redis(cluster.url, timeout=2.0)
    yield opened
    await opened.close()


async def test_commands_and_scripts_go_where_their_keys_are(cluster: Cluster, store: RedisStore) -> None:
    assert await store.run_script_many(COUNT, [([key], [2]) for key in KEYS]) == [2] * len(KEYS)
    assert await store.execute(*(("INCR", key) for key in KEYS)) == [3] * len(KEYS)
    assert await store.get_many(KEYS) == [b"3"] * len(KEYS)
    assert {cluster.place_of(key) for key in KEYS} == {0, 1, 2}
    for place, node in enumerate(cluster.primaries):
        assert node.dbsize() == sum(cluster.place_of(key) == place for key in KEYS)
    assert len({await server.reign() for server in store.servers()}) == 3
    await store.ping()
    alone = open_redis(cluster.url.replace("+cluster", "").partition(",")[0], timeout=2.0)
    with pytest.raises(BadSetting, match=r"redis\+cluster://"):
        await alone.start()
    await alone.close()
    for node in cluster.primaries:
        node.script_flush()
    assert await store.execute(("EVALSHA", store.script(COUNT), 1, KEYS[0], 1)) == [4]
    with pytest.raises(StoreUnavailable):
        async with store.guard():
            raise ReadOnlyError("a primary was demoted")


async def test_a_slot_that_moved_is_found(cluster: Cluster, store: RedisStore) -> None:
    await store.execute(*(("SET", key, "1") for key in KEYS))
    key = KEYS[0]
    cluster.move_slot(key, cluster.primaries[(cluster.place_of(key) + 1) % 3])
    assert await asyncio.gather(*(store.run_script(COUNT, [key], [1]) for _ in range(3))) == [2, 3, 4]
    async with store.guard():
        assert await store.at(key).client.get(key) == b"4"


async def test_one_that_is_gone_is_an_outage_of_what_it_had(cluster: Cluster, store: RedisStore) -> None:
    await store.execute(*(("SET", key, "1") for key in KEYS))
    for node in cluster.primaries:
        node.config_set("cluster-require-full-coverage", "no")
    kill(cluster.primaries[0])
    found = await store.ask(*(("GET", key) for key in KEYS))
    away = [isinstance(reply, StoreUnavailable) for reply in found]
    assert away == [cluster.place_of(key) == 0 for key in KEYS]
    assert [reply for reply in found if not isinstance(reply, Exception)] == [b"1"] * away.count(False)
    await store.ping()


@pytest.mark.parametrize("mode", MODES[1:], indirect=True)  # the log is elsewhere
async def test_what_was_accepted_outlives_a_primary(settings: Settings, tmp_path: Path) -> None:
    with redis_cluster(tmp_path, replicas=True) as cluster:
        for node in cluster.primaries:
            node.config_set("cluster-require-full-coverage", "no")
        url = SecretStr(cluster.url)
        async with open_infra(settings.model_copy(update={"redis_url": url, "store_timeout": 1.5})) as shop:
            await shop.events.ensure_topics(ALL_TOPICS)
            item = await running_sale(shop, quantity=1_000)
            async with watching_changes(shop), working(shop):
                accepted = [(await place_flash_order(shop, order_wish(item))).id for _ in range(20)]
                kill(cluster.primaries[cluster.place_of(ItemKeys.of(item.sku, item.id).item)])
                accepted += await until(lambda: _place(shop, item), bool)
                accepted += [(await place_flash_order(shop, order_wish(item))).id for _ in range(20)]
                await persist_all(shop)
            stored = await orders_in(shop)
            assert set(accepted) <= stored.keys()
            await assert_adds_up(shop, item, remaining=1_000 - len(stored))


@ONE_MODE
async def test_a_shard_that_is_gone_stops_its_own_alone(settings: Settings, cluster: Cluster) -> None:
    for node in cluster.primaries:
        node.config_set("cluster-require-full-coverage", "no")
    async with open_infra(settings.model_copy(update={"redis_url": SecretStr(cluster.url)})) as shop:
        item = await running_sale(shop, quantity=1_000)
        place = cluster.place_of(ItemKeys.of(item.sku, item.id).item)
        gone = next(at for at in range(3) if at not in (place, cluster.place_of("{log}")))
        kill(cluster.primaries[gone])
        wishes = [order_wish(item) for _ in range(60)]
        outcomes = await asyncio.gather(
            *(place_flash_order(shop, wish) for wish in wishes), return_exceptions=True
        )
        refused = [isinstance(outcome, TryAgain) for outcome in outcomes]
        assert refused == [cluster.place_of(accepted_key(wish.customer_id)) == gone for wish in wishes]
        assert 0 < refused.count(True) < len(wishes)


@ONE_MODE
async def test_a_slot_that_moved_is_an_outage_to_a_loop(settings: Settings, cluster: Cluster) -> None:
    async with open_infra(settings.model_copy(update={"redis_url": SecretStr(cluster.url)})) as shop:
        key = f"{{{(await running_sale(shop, quantity=10)).sku}}}"
        cluster.move_slot(key, cluster.primaries[(cluster.place_of(key) + 1) % 3])
        with pytest.raises(StoreUnavailable):
            await find_unconfirmed(shop, timedelta())


async def _place(shop: Infra, item: FlashItemDoc) -> list[UUID]:
    with suppress(TryAgain):
        return [(await place_flash_order(shop, order_wish(item))).id]
    return []
