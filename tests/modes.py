"""The two modes that integration and e2e tests run in, and fresh stores for each test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import insert, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from infra.clock import utc_now
from infra.database import Database
from models import DEFAULT_WAREHOUSE, Base, Warehouse
from settings import Settings

EMBEDDED = "embedded"
STACK = "stack"
MODES = (EMBEDDED, pytest.param(STACK, marks=pytest.mark.stack))


@dataclass(frozen=True, slots=True)
class Template:
    """What a mode's tests share: a migrated, empty database and a Redis."""

    mode: str
    settings: Settings


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
    """Empty stores: a copy of the SQLite file, or the emptied tables and topics of this test's own."""
    shared = template.settings
    async with Redis.from_url(shared.redis_dsn) as redis:
        await redis.flushdb()
    if template.mode == EMBEDDED:
        home = folder / "home"
        home.mkdir()
        shutil.copyfile(shared.home / "rushcart.db", home / "rushcart.db")
        yield shared.model_copy(update={"home": home})
        return
    await _empty_tables(shared)
    # A small broker can hold a few hundred partitions, not those of every test of the suite.
    fresh = {"home": folder, "kafka_prefix": f"t{uuid4().hex[:8]}.", "kafka_partitions": 2}
    settings = shared.model_copy(update=fresh)
    yield settings
    await _delete_topics(settings)


async def _delete_topics(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers or "")
    await admin.start()
    mine = [topic for topic in await admin.list_topics() if topic.startswith(settings.kafka_prefix)]
    if mine:
        await admin.delete_topics(mine)
    await admin.close()


async def _empty_tables(settings: Settings) -> None:
    database = Database(settings.database_dsn, read_timeout=10.0)
    async with database.engine.begin() as connection:
        await connection.execute(text("SET foreign_key_checks = 0"))
        for table in Base.metadata.sorted_tables:
            await connection.execute(table.delete())
        await connection.execute(text("SET foreign_key_checks = 1"))
        await connection.execute(insert(Warehouse).values(_first_warehouse()))
    await database.close()


def _first_warehouse() -> dict[str, Any]:
    """As the migration makes it."""
    now = utc_now()
    names = {"code": "MAIN", "name": "Main warehouse", "priority": 100}
    return {"id": DEFAULT_WAREHOUSE, **names, "active": True, "version": 1, "created_at": now, "updated_at": now}


@asynccontextmanager
async def empty_stack(home: Path) -> AsyncIterator[Settings]:
    """For processes of a test's own: a database without tables, topics of its own, patience with the stores."""
    name = f"rushcart_test_{uuid4().hex[:12]}"
    await asyncio.to_thread(home.mkdir)
    own = {"kafka_prefix": f"c{uuid4().hex[:8]}.", "kafka_partitions": 2, "store_timeout": 5.0}
    settings = stack_settings(home, name).model_copy(update=own)
    await on_server(settings, f"CREATE DATABASE {name}")
    yield settings
    await on_server(settings, f"DROP DATABASE {name}")
