"""An empty database for one test: SQLite in a folder of its own, or one made on the MariaDB/MySQL of the stack."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from infra.database import Database
from settings import Settings

ON_BOTH = ("sqlite", pytest.param("mysql", marks=pytest.mark.stack))


@asynccontextmanager
async def fresh_database(kind: str, folder: Path) -> AsyncIterator[Settings]:
    if kind == "sqlite":
        yield Settings(home=folder / "not" / "there yet", database_url=None)
        return
    given = os.environ.get("RUSHCART_TEST_DATABASE_URL")
    if not given:
        pytest.skip("RUSHCART_TEST_DATABASE_URL is not set: no MySQL or MariaDB to test on")
    url = make_url(given).set(database=f"rushcart_test_{uuid4().hex[:12]}")
    # latin1, MariaDB's own default: the tables must not depend on how the database was made.
    await _on_server(url, f"CREATE DATABASE {url.database} CHARACTER SET latin1")
    try:
        yield Settings(home=folder, database_url=SecretStr(url.render_as_string(hide_password=False)))
    finally:
        await _on_server(url, f"DROP DATABASE {url.database}")


async def _on_server(url: URL, statement: str) -> None:
    engine = create_async_engine(url.set(database=""))
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    if settings.database_url is None:
        settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_dsn, read_timeout=10.0)  # nothing here is about how soon
    try:
        yield database
    finally:
        await database.close()


async def run_sql(settings: Settings, *statements: str) -> None:
    async with opened(settings) as database, database.write() as session:
        for statement in statements:
            await session.execute(text(statement))


async def table_names(settings: Settings) -> set[str]:
    async with opened(settings) as database, database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
