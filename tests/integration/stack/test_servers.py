"""Each server of the stack is set up as for production, and keeps what it should when it is killed."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra.stack import SERVERS, Stack
from tests.integration.stack.bring_up import process, redis

pytestmark = pytest.mark.stack


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


async def test_its_temporary_tables_are_where_no_other_server_removes_them(
    stack: Stack, database: AsyncEngine
) -> None:
    async with database.connect() as connection:
        [folder] = (await connection.execute(text("SELECT @@tmpdir"))).scalars().all()
    assert Path(folder).is_relative_to(stack.folder)


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
