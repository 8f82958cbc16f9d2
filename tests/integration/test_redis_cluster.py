"""A shop on a Redis Cluster: what is asked for finds its server, and nothing crosses slots."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from infra.errors import StoreUnavailable
from infra.open_redis import open_redis
from infra.redis import LuaScript, RedisStore
from tests.redis_cluster import Cluster, kill, redis_cluster

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
