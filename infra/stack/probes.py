"""Does a server really answer? A query, a PING, a topic that could be created."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from infra.stack.state import kind_of

PROBE_TIMEOUT = 3.0


class NotAnswering(Exception):
    """The server did not answer as it should; the cause is chained."""


def probe(server: str, url: str, timeout: float = PROBE_TIMEOUT) -> str:
    """Ask the server something; returns its version, "" when it does not tell.

    ``url`` is the value of the server's environment variable. Errors: NotAnswering. May be called where an
    event loop runs (which it blocks): the question is asked from a thread with a loop of its own.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_ask, _QUESTIONS[kind_of(server)](url), timeout).result()


def address(server: str, url: str) -> str:
    """Returns the part of the URL that is fit to be shown: no user, no password."""
    kind = kind_of(server)
    if kind == "kafka":
        return url
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return f"{hosts}{parts.path}" if kind == "database" or not hosts else hosts


def _ask(question: Coroutine[Any, Any, str], timeout: float) -> str:
    async def in_time() -> str:
        async with asyncio.timeout(timeout):
            return await question

    try:
        return asyncio.run(in_time())
    except Exception as error:
        raise NotAnswering(f"{type(error).__name__}: {error}".rstrip(": ")) from error


async def _ask_database(url: str) -> str:
    from sqlalchemy import NullPool, text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            version = str((await connection.execute(text("SELECT VERSION()"))).scalar_one())
    finally:
        await engine.dispose()
    # 10.11.19-MariaDB-0+deb12u1, 9.7.0
    number, _, rest = version.partition("-")
    return f"MariaDB {number}" if "mariadb" in rest.lower() else f"MySQL {number}"


async def _ask_redis(url: str) -> str:
    from redis.asyncio import Redis, RedisCluster

    if url.startswith("redis+cluster://"):
        async with RedisCluster.from_url(url.replace("redis+cluster", "redis", 1)) as cluster:
            await cluster.ping()
            return "Redis Cluster"
    async with Redis.from_url(url, socket_connect_timeout=PROBE_TIMEOUT) as client:
        await client.ping()
        info = await client.info("server")
    return f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"


async def _ask_kafka(url: str) -> str:
    """A topic is validated, not made: that takes the broker and the controller behind it."""
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    from infra.eventlog.kafka_clients import bootstrap_to_its_end, stop_client

    with quiet("aiokafka"):
        client = AIOKafkaAdminClient(bootstrap_servers=url, request_timeout_ms=int(PROBE_TIMEOUT * 1000))
        bootstrap_to_its_end(client)
        try:
            await client.start()
            topic = NewTopic(f"probe-{secrets.token_hex(8)}", num_partitions=1, replication_factor=1)
            answer = await client.create_topics([topic], validate_only=True)
        finally:
            await stop_client(client)
    for name, code, *message in answer.topic_errors:
        if code:
            raise NotAnswering(f"no topic can be created ({name}: error {code} {message or ''})")
    return ""


@contextlib.contextmanager
def quiet(logger: str) -> Iterator[None]:
    """Silence warnings of a client: of one that knocks at a door which is still closed, say."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


_QUESTIONS = {"database": _ask_database, "redis": _ask_redis, "kafka": _ask_kafka}
