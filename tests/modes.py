"""The two modes that integration and e2e tests run in, and fresh stores for each test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from infra.embedded_valkey import EmbeddedValkey
from infra.migrations import upgrade
from infra.runtime import Infra
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.emptying import Emptying
from tests.topics import PARTITIONS, TopicPool

EMBEDDED = "embedded"
STACK = "stack"
MODES = (EMBEDDED, pytest.param(STACK, marks=pytest.mark.stack))
ONE_MODE = pytest.mark.parametrize("mode", MODES[:1], indirect=True)
"""For tests that could not tell the modes apart, of HTTP say: others prove in both what is in the stores."""


@dataclass(frozen=True, slots=True)
class OnStack:
    """What makes the stack's stores fresh."""

    emptying: Emptying
    topics: TopicPool


@dataclass(frozen=True, slots=True)
class Template:
    """What a mode's tests share: a migrated, empty database and a Redis."""

    mode: str
    settings: Settings
    on_stack: OnStack | None = None


@dataclass(slots=True)
class Templates:
    """Each made when it is first asked for, and kept until ``lasting`` ends."""

    lasting: AsyncExitStack
    folder: Path
    _made: dict[str, Template] = field(default_factory=dict)

    async def of(self, mode: str) -> Template:
        if mode not in self._made:
            home = self.folder / mode
            home.mkdir(exist_ok=True)  # there is no stack: the test before was skipped here
            made = _embedded(home) if mode == EMBEDDED else _on_stack(home)
            self._made[mode] = await self.lasting.enter_async_context(made)
        return self._made[mode]


@asynccontextmanager
async def _embedded(home: Path) -> AsyncIterator[Template]:
    valkey = EmbeddedValkey.start(home)
    try:
        settings = Settings(home=home, database_url=None, kafka_bootstrap_servers=None).with_redis(valkey.url)
        await asyncio.to_thread(upgrade, settings)
        yield Template(EMBEDDED, settings)
    finally:
        valkey.stop()


@asynccontextmanager
async def _on_stack(home: Path) -> AsyncIterator[Template]:
    name = f"rushcart_test_{uuid4().hex[:12]}"
    settings = stack_settings(home, name)
    await on_server(settings, f"CREATE DATABASE {name}")
    await asyncio.to_thread(upgrade, settings)
    topics = await TopicPool.open(settings.kafka_bootstrap_servers or "")
    emptying = await Emptying.prepare(settings)
    try:
        yield Template(STACK, settings, OnStack(emptying, topics))
    finally:
        await emptying.close()
        await topics.close()
        await on_server(settings, f"DROP DATABASE {name}")


def stack_settings(home: Path, database: str) -> Settings:
    """The stack that the runner started. Skips the test when there is none."""
    names = ("RUSHCART_TEST_DATABASE_URL", "RUSHCART_TEST_REDIS_URL", "RUSHCART_TEST_KAFKA")
    given = [os.environ.get(name) for name in names]
    if not all(given):
        pytest.skip("no stack: run the suite with `make test`, or set " + ", ".join(names))
    url = make_url(given[0] or "").set(database=database)
    return Settings(
        home=home,
        database_url=SecretStr(url.render_as_string(hide_password=False)),
        redis_url=SecretStr(given[1] or ""),
        kafka_bootstrap_servers=given[2],
        payment_providers=("sandbox", "manual"),
    )


async def on_server(settings: Settings, statement: str) -> None:
    engine = create_async_engine(make_url(settings.database_dsn).set(database=""))
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@asynccontextmanager
async def fresh_stores(template: Template, folder: Path) -> AsyncIterator[Settings]:
    """Empty stores: a copy of the SQLite file, or the emptied tables, and topics of this test's own."""
    shared = template.settings
    async with Redis.from_url(shared.redis_dsn) as redis:
        await redis.flushdb()
    if template.on_stack is None:
        home = folder / "home"
        home.mkdir()
        shutil.copyfile(shared.home / "rushcart.db", home / "rushcart.db")
        yield shared.model_copy(update={"home": home})
        return
    await template.on_stack.emptying.empty()
    prefix = await template.on_stack.topics.take()
    yield shared.model_copy(update={"home": folder, "kafka_prefix": prefix, "kafka_partitions": PARTITIONS})
    await template.on_stack.topics.give_back(prefix)


async def have_topics(infra: Infra) -> None:
    """On Kafka they are there already."""
    if not infra.settings.kafka_bootstrap_servers:
        await infra.events.ensure_topics(ALL_TOPICS)


@asynccontextmanager
async def empty_stack(home: Path) -> AsyncIterator[Settings]:
    """For processes of a test's own: a database without tables, topics of its own, patience with the stores."""
    name = f"rushcart_test_{uuid4().hex[:12]}"
    await asyncio.to_thread(home.mkdir)
    own = {"kafka_prefix": f"c{uuid4().hex[:8]}.", "kafka_partitions": PARTITIONS, "store_timeout": 5.0}
    settings = stack_settings(home, name).model_copy(update=own)
    await on_server(settings, f"CREATE DATABASE {name}")
    yield settings
    await on_server(settings, f"DROP DATABASE {name}")
