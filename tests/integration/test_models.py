"""The tables on SQLite and MySQL/MariaDB: a row of each there and back, and what the database itself refuses."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from infra.database import Database
from infra.ids import new_id
from models import (
    Base,
    IdempotencyKey,
    StockLevel,
    User,
)
from tests.integration.fresh_database import ON_BOTH, fresh_database, opened
from tests.integration.rows.each import a_row_of_each
from tests.integration.rows.hard import HASH, MOMENT
from tests.integration.rows.people import user
from tests.integration.rows.shop import stock

MYSQL_CHECK = r"\((4025|3819), "  # MariaDB, MySQL


@pytest.fixture(params=ON_BOTH)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(request.param, tmp_path) as settings, opened(settings) as made:
        async with made.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield made


def values_of(row: Base) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}


async def insert(database: Database, *rows: Base) -> None:
    async with database.write() as session:
        for row in rows:  # one by one: the order of tables without a relationship is ours to keep
            session.add(row)
            await session.flush()


def test_every_table_has_a_row_here() -> None:
    assert {row.__tablename__ for row in a_row_of_each()} == set(Base.metadata.tables)


async def test_a_row_of_each_table_comes_back_as_it_was(database: Database) -> None:
    rows = a_row_of_each()
    await insert(database, *rows)
    async with database.read() as session:
        for row in rows:
            read = await session.get_one(type(row), inspect(row).identity)
            assert values_of(read) == values_of(row), type(row).__name__


async def test_a_uuid_is_its_16_bytes(database: Database) -> None:
    made = user()
    await insert(database, made)
    async with database.read() as session:
        stored = (await session.execute(text("SELECT id, LENGTH(id) FROM users"))).one()
        assert (UUID(bytes=stored[0]), stored[1]) == (made.id, 16)


async def test_ids_sort_by_the_time_they_were_made(database: Database) -> None:
    made = [user(f"{number}@example.org") for number in range(20)]
    await insert(database, *reversed(made))
    async with database.read() as session:
        assert list(await session.scalars(select(User.id).order_by(User.id))) == [row.id for row in made]


async def test_a_time_is_kept_in_utc_with_microseconds(database: Database) -> None:
    made = user()
    made.created_at = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await insert(database, made)
    async with database.read() as session:
        assert (await session.scalars(select(User.created_at))).one() == MOMENT
        assert str(await session.scalar(text("SELECT created_at FROM users"))).startswith(
            "2026-11-27 23:59:59.123457"
        )
        later = await session.scalar(
            select(func.count()).where(User.created_at > MOMENT - timedelta(microseconds=1))
        )
        assert later == 1


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    made = user()
    made.created_at = datetime(2026, 11, 27)  # noqa: DTZ001 - the mistake in question
    with pytest.raises(StatementError, match="a time without a zone"):
        await insert(database, made)


async def test_an_email_is_there_once_and_differs_in_case_accent_or_a_space(database: Database) -> None:
    emails = ("ada@example.org", "ADA@example.org", "adà@example.org", "ada@example.org ")
    await insert(database, *map(user, emails))
    async with database.read() as session:
        for email in emails:
            assert list(await session.scalars(select(User.email).where(User.email == email))) == [email]
    with pytest.raises(IntegrityError):
        await insert(database, user(emails[0]))


async def test_a_key_that_differs_by_a_byte_is_another(database: Database) -> None:
    owner, keys = new_id(), ("retry-é", "retry-e", "RETRY-E", "retry-e ", "retry-e\u0301")
    other = {"operation": "o", "fingerprint": HASH, "created_at": MOMENT}
    rows = [IdempotencyKey(owner_id=owner, key=key, result_id=new_id(), **other) for key in keys]
    await insert(database, *rows)
    async with database.read() as session:
        for row in rows:
            found = select(IdempotencyKey.result_id).where(IdempotencyKey.key == row.key)
            assert list(await session.scalars(found)) == [row.result_id]


async def test_the_database_refuses_what_breaks_a_rule(database: Database) -> None:
    await insert(database, *a_row_of_each())
    for change in (
        "UPDATE stock_levels SET on_hand = on_hand - 1",
        "UPDATE stock_levels SET available = available - 5, held = held + 5",
        "UPDATE stock_levels SET available = available + 1",
        "UPDATE flash_sale_items SET remaining = -1",
        "UPDATE flash_sale_items SET remaining = quantity + 1",
        "UPDATE variants SET price = -1",
    ):
        with pytest.raises(DBAPIError, match="CHECK constraint failed" if database.is_sqlite else MYSQL_CHECK):
            async with database.write() as session:
                await session.execute(text(change))
    for parent in ("products", "orders"):  # with children
        with pytest.raises(IntegrityError):
            async with database.write() as session:
                await session.execute(text(f"DELETE FROM {parent}"))


async def test_stock_may_move_within_the_equation(database: Database) -> None:
    await insert(database, *stock())
    async with database.write() as session:
        await session.execute(text("UPDATE stock_levels SET available = available - 4, held = held + 4"))
    async with database.read() as session:
        level = (await session.scalars(select(StockLevel))).one()
    assert (level.on_hand, level.available, level.set_aside, level.held, level.committed) == (10, 0, 3, 6, 1)
