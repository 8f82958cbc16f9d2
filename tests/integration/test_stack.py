"""The stack: three real servers come up, answer, lose and keep what they should, and go, each exactly."""

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cli.stack import stack as command
from infra.ports import free_port, is_free
from infra.processes import ProcessId, spawn
from infra.settings import get_settings
from infra.stack import SERVERS, MissingServer, ServerName, Stack, StackError, StackNotUp
from infra.stack.install import can_install
from tests.run import KAFKA_CACHE

pytestmark = pytest.mark.stack
VARIABLES = ["RUSHCART_DATABASE_URL", "RUSHCART_REDIS_URL", "RUSHCART_KAFKA_BOOTSTRAP_SERVERS"]


def quiet(line: str) -> None:
    """Progress lines that no test looks at."""


def bring_up(home: Path, environ: dict[str, str] | None = None, echo: list[str] | None = None) -> Stack:
    return Stack.up(
        home,
        install=can_install(),
        echo=quiet if echo is None else echo.append,
        environ=environ or {},
        kafka_cache=KAFKA_CACHE,
        dies_with_parent=True,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[Stack]:
    stack = bring_up(home)
    yield stack
    stack.down(purge=True)


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(stack.env()["RUSHCART_DATABASE_URL"], poolclass=NullPool)
    yield engine
    await engine.dispose()


def process(stack: Stack, server: ServerName) -> ProcessId:
    pid = stack.pid(server)
    assert pid is not None
    found = ProcessId.of(pid)
    assert found is not None
    return found


def redis(stack: Stack) -> "Redis":
    return Redis.from_url(stack.env()["RUSHCART_REDIS_URL"], socket_timeout=2.0)


async def test_the_database_is_set_up_as_for_production(database: AsyncEngine) -> None:
    async with database.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT DATABASE(), @@character_set_database, @@time_zone, @@innodb_flush_log_at_trx_commit,"
                    " @@max_connections, @@bind_address"
                )
            )
        ).one()
        assert tuple(row) == ("rushcart", "utf8mb4", "+00:00", 1, 300, "127.0.0.1")
        # Tests may have databases of their own beside it, and nobody else's.
        await connection.execute(text("CREATE DATABASE rushcart_of_a_test"))
        await connection.execute(text("DROP DATABASE rushcart_of_a_test"))
        grants = (await connection.execute(text("SHOW GRANTS"))).scalars().all()
        assert not any("ALL PRIVILEGES ON *.*" in grant for grant in grants)


async def test_nobody_enters_the_database_without_the_password(stack: Stack) -> None:
    address = stack.env()["RUSHCART_DATABASE_URL"].rpartition("@")[2].partition("/")[0]
    for user in ("rushcart", "root"):
        engine = create_async_engine(f"mysql+asyncmy://{user}@{address}", poolclass=NullPool)
        with pytest.raises(Exception, match="Access denied"):
            async with engine.connect():
                pass
        await engine.dispose()


async def test_redis_keeps_its_data_and_evicts_nothing(stack: Stack) -> None:
    async with redis(stack) as client:
        assert await client.config_get("appendonly") == {"appendonly": "yes"}
        assert await client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert await client.config_get("bind") == {"bind": "127.0.0.1"}


async def test_kafka_takes_a_message_through_a_restart_after_a_kill(stack: Stack) -> None:
    servers = stack.env()["RUSHCART_KAFKA_BOOTSTRAP_SERVERS"]
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True) as producer:
        await producer.send_and_wait("kept", b"before")

    before = process(stack, "kafka")
    await asyncio.to_thread(stack.kill, "kafka")
    assert not before.alive
    await asyncio.to_thread(stack.start, "kafka")

    assert stack.env()["RUSHCART_KAFKA_BOOTSTRAP_SERVERS"] == servers
    async with AIOKafkaConsumer("kept", bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        message = await consumer.getone()
    assert message.value == b"before"


async def test_the_database_keeps_what_was_committed_when_killed(stack: Stack, database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("CREATE TABLE kept (n INT PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO kept VALUES (42)"))
    await asyncio.to_thread(stack.kill, "database")
    await asyncio.to_thread(stack.start, "database")
    async with database.begin() as connection:
        assert (await connection.execute(text("SELECT n FROM kept"))).scalars().all() == [42]
        await connection.execute(text("DROP TABLE kept"))


async def test_redis_comes_back_with_its_data_or_without(stack: Stack) -> None:
    async with redis(stack) as client:
        await client.set("kept", "1")
    before = process(stack, "redis")

    await asyncio.to_thread(stack.stop, "redis")
    assert not before.alive
    assert stack.pid("redis") is None
    async with redis(stack) as client:
        with pytest.raises(RedisConnectionError):
            await client.ping()

    await asyncio.to_thread(stack.start, "redis")
    async with redis(stack) as client:
        assert await client.get("kept") == b"1"

    again = process(stack, "redis")
    await asyncio.to_thread(stack.start, "redis")  # running already: nothing happens
    assert process(stack, "redis") == again

    await asyncio.to_thread(stack.start, "redis", keep_data=False)
    async with redis(stack) as client:
        assert await client.dbsize() == 0


def test_only_redis_may_lose_its_data(stack: Stack) -> None:
    with pytest.raises(ValueError, match="only redis may lose its data, not database"):
        stack.start("database", keep_data=False)


def test_a_frozen_server_does_not_answer_and_thaws(stack: Stack) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    stack.pause("redis")
    try:
        assert {line.server: line.answers for line in stack.status()} == {
            "database": True,
            "redis": False,
            "kafka": True,
        }
    finally:
        stack.resume("redis")
    assert all(line.answers for line in stack.status())
    assert {server: process(stack, server) for server in SERVERS} == before


def test_up_again_says_so_and_starts_nothing(stack: Stack, home: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    said: list[str] = []
    assert bring_up(home, echo=said).env() == stack.env()
    assert [line.split()[0] for line in said if "is up already" in line] == list(SERVERS)
    assert {server: process(stack, server) for server in SERVERS} == before


def test_up_again_replaces_a_server_that_died(stack: Stack, home: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    stack.kill("redis")
    bring_up(home)
    after = {server: process(stack, server) for server in SERVERS}
    assert after["redis"] != before["redis"]
    assert (after["database"], after["kafka"]) == (before["database"], before["kafka"])


def test_our_own_addresses_in_the_environment_are_still_ours(stack: Stack, home: Path) -> None:
    before = [line.how for line in stack.status()]
    bring_up(home, environ=stack.env())
    assert [line.how for line in stack.status()] == before


def test_passwords_are_in_a_private_file_and_not_on_show(
    stack: Stack, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stack.env()
    password = settings["RUSHCART_DATABASE_URL"].split(":")[2].partition("@")[0]
    assert stat.S_IMODE((home / "stack" / "state.json").stat().st_mode) == 0o600
    monkeypatch.setenv("RUSHCART_HOME", str(home))
    get_settings.cache_clear()
    try:
        shown = CliRunner().invoke(command, ["status"])
        printed = CliRunner().invoke(command, ["env"])
    finally:
        get_settings.cache_clear()
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines()] == ["server", *SERVERS]
    assert shown.output.count(" yes") == 3
    assert password not in shown.output
    assert printed.output.splitlines() == [f"export {name}={settings[name]}" for name in VARIABLES]


def test_given_servers_are_used_and_never_stopped(stack: Stack, tmp_path: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    guest = bring_up(tmp_path, environ=stack.env())
    assert guest.env() == stack.env()
    assert [(line.how, line.pid, line.answers) for line in guest.status()] == [("environment", None, True)] * 3
    with pytest.raises(StackError, match="given in the environment"):
        guest.kill("redis")
    with pytest.raises(StackError, match="given in the environment"):
        guest.stop("database")
    guest.down(purge=True)
    assert {server: process(stack, server) for server in SERVERS} == before


def test_a_given_address_that_does_not_answer_leaves_nothing_running(tmp_path: Path) -> None:
    silent = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(
        StackError, match=r"redis: the address in the environment, 127\.0\.0\.1:\d+, does not answer"
    ):
        bring_up(tmp_path, environ={"RUSHCART_REDIS_URL": silent})
    assert _processes_of(tmp_path) == []
    left = Stack(tmp_path)
    assert [line.how for line in left.status()] == [None, None, None]
    with pytest.raises(StackNotUp):
        left.env()


def test_a_start_that_fails_shows_the_log_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "stack" / "redis").mkdir(parents=True)
    (tmp_path / "stack" / "redis" / "appendonlydir").write_text("not a folder")
    with pytest.raises(StackError, match=r"redis: it ended with 1\. The end of .*redis\.log:\n(?s:.*)append"):
        bring_up(tmp_path)
    assert _processes_of(tmp_path) == []


def test_what_cannot_be_had_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.stack.machine._MORE_PATH", ())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingServer) as caught:
        Stack.up(tmp_path, echo=quiet, environ={}, kafka_cache=KAFKA_CACHE)
    assert [lack.server for lack in caught.value.lacks] == list(SERVERS)
    for name, package in zip(VARIABLES, ["mariadb-server", "redis-server", "default-jre-headless"], strict=True):
        assert name in str(caught.value)
        assert package in str(caught.value)


def test_down_stops_its_own_and_spares_a_recycled_pid(tmp_path: Path) -> None:
    stack = bring_up(tmp_path)
    processes = {server: process(stack, server) for server in SERVERS}
    settings = stack.env()
    bystander = spawn(["/bin/sleep", "60"], log=tmp_path / "log", cwd=tmp_path)
    stack.kill("redis")
    state = tmp_path / "stack" / "state.json"
    state.write_text(state.read_text().replace(f'"pid": {processes["redis"].pid}', f'"pid": {bystander.pid}'))

    assert stack.pid("redis") is None
    stack.down()

    assert not any(one.alive for one in processes.values())
    assert bystander.returncode is None
    os.kill(bystander.pid, signal.SIGKILL)
    assert bystander.wait(5.0)
    with pytest.raises(StackNotUp, match="rushcart stack up"):
        stack.env()
    stack.down()  # down already is fine

    # It comes back where it was, with the same password.
    assert bring_up(tmp_path).env() == settings
    stack.down(purge=True)
    assert not (tmp_path / "stack").exists()
    assert all(is_free(int(url.rpartition(":")[2].partition("/")[0])) for url in settings.values())


def _processes_of(home: Path) -> list[str]:
    """Command lines that name the folder (Linux; nothing elsewhere)."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_text(errors="replace"))
    return [line for line in found if str(home) in line]
