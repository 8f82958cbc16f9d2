"""A process that is frozen within a transaction does not keep its rows from others for ever."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import Database
from infra.errors import StoreUnavailable
from settings import Settings
from tests.modes import MODES
from tests.waiting import until

# SQLite has no connections that could end.
pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)

_COUNT = text("UPDATE counted SET n = n + 1")


async def _count(session: AsyncSession) -> None:
    await session.execute(_COUNT)


async def test_what_does_nothing_is_ended(settings: Settings) -> None:
    database = Database(settings.database_dsn, pool_size=2, read_timeout=20.0, idle_limit=1)
    await database.transact(_make)

    async def dawdle(session: AsyncSession) -> None:
        await _count(session)
        await database.transact(_count)  # has the row only once this transaction is ended
        await _count(session)

    try:
        with pytest.raises(StoreUnavailable):
            await database.transact(dawdle)
        async with database.read() as session:
            assert await session.scalar(text("SELECT n FROM counted")) == 1
        await database.transact(_drop)
    finally:
        await database.close()


async def test_who_waits_for_a_table_gives_up(settings: Settings) -> None:
    database = Database(settings.database_dsn, pool_size=1, read_timeout=20.0, idle_limit=1)
    other = Database(settings.database_dsn, pool_size=1, read_timeout=20.0)
    await database.transact(_make)
    try:
        async with other.read() as session:
            await session.execute(text("LOCK TABLES counted READ"))
            with pytest.raises(StoreUnavailable):
                await database.transact(_count)
            await session.execute(text("UNLOCK TABLES"))
        await database.transact(_count)
        await database.transact(_drop)
    finally:
        await database.close()
        await other.close()


async def _make(session: AsyncSession) -> None:
    await session.execute(text("DROP TABLE IF EXISTS counted"))
    await session.execute(text("CREATE TABLE counted (n INT)"))
    await session.execute(text("INSERT INTO counted VALUES (0)"))


async def _drop(session: AsyncSession) -> None:
    await session.execute(text("DROP TABLE counted"))


async def test_a_connection_that_rested_too_long_is_not_used_again(settings: Settings) -> None:
    database = Database(settings.database_dsn, pool_size=1, read_timeout=20.0, idle_limit=1)
    try:
        async with database.read() as session:
            first = await session.scalar(text("SELECT CONNECTION_ID()"))
        watcher = Database(settings.database_dsn, pool_size=1, read_timeout=20.0)
        await _until_gone(watcher, first)
        await watcher.close()
        async with database.read() as session:
            assert await session.scalar(text("SELECT CONNECTION_ID()")) != first
    finally:
        await database.close()


async def _until_gone(watcher: Database, connection_id: int) -> None:
    query = text("SELECT COUNT(*) FROM information_schema.processlist WHERE id = :id")

    async def is_gone() -> bool:
        async with watcher.read() as session:
            return not await session.scalar(query, {"id": connection_id})

    await until(is_gone, bool, within=30)
