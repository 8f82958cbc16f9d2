"""Migrations on real databases: up, down, up; no difference to the models; another's schema is refused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from infra import migrations
from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.migrations import MigrationFailed, SchemaMismatch
from models import (
    DEFAULT_WAREHOUSE,
    Base,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    StockEntry,
    StockHold,
    StockLevel,
    Warehouse,
)
from models.base import RETIRED_TABLES
from models.charges_document import Charges
from models.charges_rules import ChargeRules
from services.charges.rows import read_all
from settings import Settings
from tests.integration.fresh_database import ON_BOTH, fresh_database, opened, run_sql, table_names

HEAD = migrations.own_revision()
TABLES = {*Base.metadata.tables, *RETIRED_TABLES, "alembic_version"}


@pytest.fixture(params=ON_BOTH)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def on_mysql(tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_database("mysql", tmp_path) as made:
        yield made


async def upgrade(settings: Settings, revision: str = "head") -> list[str]:
    return await asyncio.to_thread(migrations.upgrade, settings, revision)


async def downgrade(settings: Settings, revision: str) -> list[str]:
    return await asyncio.to_thread(migrations.downgrade, settings, revision)


async def check(settings: Settings) -> list[str]:
    return await asyncio.to_thread(migrations.check, settings)


async def test_each_migration_runs_up_and_down_and_up_again(settings: Settings) -> None:
    before = "base"
    for revision in migrations.known_revisions():
        assert await upgrade(settings, revision) == [revision]
        assert await downgrade(settings, before) == [before]
        assert await upgrade(settings, revision) == [revision]
        before = revision
    assert await table_names(settings) == TABLES
    assert await downgrade(settings, "base") == [*migrations.known_revisions()[-2::-1], "base"]
    assert await table_names(settings) == {"alembic_version"}


async def test_check_refuses_a_database_without_schema(settings: Settings) -> None:
    with pytest.raises(SchemaMismatch, match="no schema yet"):
        await check(settings)


async def test_check_names_each_difference(settings: Settings) -> None:
    await upgrade(settings)
    assert await check(settings) == []
    await run_sql(
        settings,
        "DROP TABLE barrier",
        "ALTER TABLE users ADD COLUMN extra INTEGER",
        "CREATE INDEX ix_extra ON users (display_name)",
    )
    differences = ["add_table barrier", "remove_column users extra", "remove_index users ix_extra"]
    assert sorted(await check(settings)) == differences


@pytest.mark.stack
async def test_check_sees_what_differs_on_mysql(on_mysql: Settings) -> None:
    await upgrade(on_mysql)
    first = {
        "users MODIFY email VARCHAR(254) NOT NULL": "modify_type users.email: ",
        "users MODIFY created_at DATETIME NOT NULL": "modify_type users.created_at: ",
        "users MODIFY display_name VARCHAR(100) NULL": "modify_nullable users.display_name: True -> False",
    }
    then = {
        "users MODIFY email VARCHAR(254) COLLATE utf8mb4_bin NOT NULL": "modify_type users.email: ",
        "users MODIFY created_at DATETIME(6) NOT NULL": "",
        "users MODIFY display_name VARCHAR(100) NOT NULL DEFAULT 'x'": "modify_default users.display_name: ",
        "outbox MODIFY id BINARY(20) NOT NULL": "modify_type outbox.id: ",
        "outbox MODIFY `key` VARCHAR(100) COLLATE utf8mb4_bin NOT NULL": "modify_type outbox.key: ",
        "variants DROP CONSTRAINT ck_variants_price_not_negative": "add_constraint variants ck_variants_price",
    }
    for changes in (first, then):
        await run_sql(on_mysql, *(f"ALTER TABLE {change}" for change in changes))
        found = sorted(await check(on_mysql))
        expected = sorted(filter(None, changes.values()))
        assert len(found) == len(expected), found
        assert all(map(str.startswith, found, expected)), found


async def test_a_server_starts_only_on_its_own_revision(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(settings) as database:
        with pytest.raises(SchemaMismatch) as empty:
            await migrations.require_current(database)
        await upgrade(settings)
        await migrations.require_current(database)
        monkeypatch.setattr(migrations, "known_revisions", lambda: (HEAD, "9998"))
        older = f"^The database is older: at revision {HEAD}, this Rushcart needs 9998"
        with pytest.raises(SchemaMismatch, match=older):
            await migrations.require_current(database)
    assert empty.value.found is None
    assert str(empty.value) == (
        f"The database has no schema yet, this Rushcart needs revision {HEAD}. Run: rushcart db upgrade."
        f" Database: {migrations.where(settings)}"
    )


async def test_a_newer_schema_is_refused_that_does_not_serve_us(settings: Settings) -> None:
    await upgrade(settings)
    await run_sql(settings, "UPDATE alembic_version SET version_num = '9999'")
    async with opened(settings) as database:
        await migrations.require_current(database)  # it has taken nothing away
    await run_sql(settings, "UPDATE schema_support SET oldest = '9999'")
    async with opened(settings) as database:
        with pytest.raises(SchemaMismatch) as refused:
            await migrations.require_current(database)
    assert str(refused.value) == (
        f"The database is newer: at revision 9999, this Rushcart knows only {HEAD}. Run the Rushcart release that"
        f" made it, or go back with that release: rushcart db downgrade {HEAD}."
        f" Database: {migrations.where(settings)}"
    )
    for move in (upgrade(settings), downgrade(settings, "base"), check(settings)):
        with pytest.raises(SchemaMismatch, match="newer"):
            await move
    assert await table_names(settings) == TABLES


async def test_a_failed_migration_says_what_is_left(settings: Settings) -> None:
    await run_sql(settings, "CREATE TABLE users (id INTEGER)")
    with pytest.raises(MigrationFailed, match=r"(?i)users.* already exists") as failed:
        await upgrade(settings)
    if settings.database_url is None:
        assert "the migration was rolled back" in str(failed.value)
        assert "orders" not in await table_names(settings)
    else:
        assert "rushcart db reset --yes" in str(failed.value)


async def test_reset_drops_everything_and_upgrades(settings: Settings) -> None:
    await run_sql(settings, "CREATE TABLE users (id INTEGER)", "CREATE TABLE `of another` (id INTEGER)")
    assert await asyncio.to_thread(migrations.reset, settings) == list(migrations.known_revisions())
    assert await table_names(settings) == TABLES
    assert await check(settings) == []


async def test_a_database_that_is_away_is_named_without_its_password(unused_tcp_port: int) -> None:
    away = Settings(database_url=SecretStr(f"mysql+asyncmy://me:hush-hush@127.0.0.1:{unused_tcp_port}/shop"))
    with pytest.raises(MigrationFailed, match=f"me:\\*\\*\\*@127.0.0.1:{unused_tcp_port}/shop") as failed:
        await upgrade(away)
    assert "hush" not in str(failed.value)
    async with opened(away) as database:
        with pytest.raises(StoreUnavailable, match="database"):
            await migrations.require_current(database)


def test_history_is_one_line_in_the_order_of_the_file_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.script_folder()))
    script = ScriptDirectory.from_config(config)
    assert tuple(step.revision for step in script.walk_revisions())[::-1] == migrations.known_revisions()
    assert script.get_heads() == [HEAD]


async def test_stock_of_before_is_the_default_warehouses_and_becomes_one_again(settings: Settings) -> None:
    await upgrade(settings, "0007")
    counts = "on_hand, available, set_aside, held, committed, updated_at"
    await run_sql(
        settings,
        f"INSERT INTO stock_levels (sku, {counts}) VALUES ('A', 9, 3, 3, 2, 1, '2026-11-27 10:00:00')",
        "INSERT INTO stock_ledger (id, sku, cause, on_hand, available, set_aside, held, committed, actor, at)"
        " VALUES (X'00112233445566778899AABBCCDDEEFF', 'A', 'RECEIVED', 9, 3, 3, 2, 1, 'x', '2026-11-27')",
    )
    await upgrade(settings)
    async with opened(settings) as database:
        async with database.write() as session:
            assert [row.warehouse_id for row in await session.scalars(select(StockEntry))] == [DEFAULT_WAREHOUSE]
            level = (await session.scalars(select(StockLevel))).one()
            assert (level.warehouse_id, level.on_hand, level.committed) == (DEFAULT_WAREHOUSE, 9, 1)
            main = (await session.scalars(select(Warehouse))).one()
            assert (main.id, main.code, main.active) == (DEFAULT_WAREHOUSE, "MAIN", True)
            other = Warehouse(id=new_id(), code="B", name="B", priority=1, active=True)
            other.created_at = other.updated_at = main.created_at
            session.add(other)
            await session.flush()
            there = StockLevel(sku="A", warehouse_id=other.id, on_hand=2, available=2, updated_at=main.created_at)
            session.add(there)
        # As a server that does not know of warehouses yet writes it.
        await run_sql(
            settings, f"INSERT INTO stock_levels (sku, {counts}) VALUES ('C', 1, 1, 0, 0, 0, '2026-11-27')"
        )
        async with database.read() as session:
            found = select(StockLevel.on_hand).where(StockLevel.warehouse_id == DEFAULT_WAREHOUSE)
            assert list(await session.scalars(found.order_by(StockLevel.sku))) == [9, 1]
    await downgrade(settings, "0007")
    async with opened(settings) as database, database.read() as session:
        rows = await session.execute(text("SELECT sku, on_hand, available, held FROM stock_levels ORDER BY sku"))
        assert [tuple(row) for row in rows] == [("A", 11, 5, 2), ("C", 1, 1, 0)]


async def test_holds_of_before_are_kept_and_an_order_may_have_several_warehouses(settings: Settings) -> None:
    await upgrade(settings, "0022")
    columns = "order_id, sku, warehouse_id, quantity, shipped, state, created_at, updated_at"
    order, here, there = (f"X'{ident * 32}'" for ident in "abc")
    moments = "'2026-11-27 10:00:00', '2026-11-27 10:00:00'"

    def row(sku: str, warehouse: str, quantity: int) -> str:
        values = f"{order}, '{sku}', {warehouse}, {quantity}, 1, 'COMMITTED', {moments}"
        return f"INSERT INTO stock_holds ({columns}) VALUES ({values})"

    await run_sql(settings, row("A", here, 2), row("B", here, 3))
    await upgrade(settings)
    assert await check(settings) == []
    # As a server of before writes it, and one of now.
    await run_sql(settings, row("C", here, 4), row("A", there, 5))
    found = select(StockHold.sku, StockHold.quantity, StockHold.shipped).order_by(StockHold.quantity)
    async with opened(settings) as database:
        async with database.read() as session:
            kept = [("A", 2, 1), ("B", 3, 1), ("C", 4, 1), ("A", 5, 1)]
            assert [tuple(row) for row in await session.execute(found)] == kept
        with pytest.raises(IntegrityError):
            await run_sql(settings, row("A", there, 1))
        with pytest.raises(DBAPIError):
            await run_sql(settings, row("D", here, 0))
    with pytest.raises(MigrationFailed):
        await downgrade(settings, "0022")
    await run_sql(settings, f"DELETE FROM stock_holds WHERE warehouse_id = {there}")
    assert await downgrade(settings, "0022") == ["0022"]
    with pytest.raises(IntegrityError):
        await run_sql(settings, row("A", there, 5))


async def test_lines_of_before_are_found_by_their_sku(settings: Settings) -> None:
    await upgrade(settings, "0024")
    order, moment = f"X'{'a' * 32}'", "'2026-11-27 10:00:00'"

    def line(ident: str) -> str:
        columns = "id, order_id, position, sku, variant_id, title, quantity, unit_price"
        return f"INSERT INTO order_lines ({columns}) VALUES (X'{ident * 32}', {order}, 0, 'A', {order}, 'A', 1, 1)"

    columns = (
        "id, number, customer_id, status, total, currency, idempotency_key, fingerprint, placed_at, updated_at"
    )
    values = f"{order}, 'R-1', {order}, 'PAID', 1, 'EUR', 'k', '', {moment}, {moment}"
    await run_sql(settings, f"INSERT INTO orders ({columns}) VALUES ({values})", line("b"))
    assert await upgrade(settings, "0025") == ["0025"]
    await run_sql(settings, line("c"))  # as a server of before writes it
    assert await upgrade(settings) == list(migrations.known_revisions()[25:])
    async with opened(settings) as database, database.read() as session:
        found = select(OrderLine.order_id).where(OrderLine.sku == "A").order_by(OrderLine.order_id)
        assert [row.hex for row in await session.scalars(found)] == ["a" * 32] * 2
    assert (await downgrade(settings, "0024"))[-1] == "0024"


async def test_a_shop_with_orders_of_every_state_gets_zones_and_regions(settings: Settings) -> None:
    """Nothing of its orders changes, and servers of before go on writing products and orders."""
    await upgrade(settings, "0025")
    moment, ident = "'2026-11-27 10:00:00'", "ab" * 15
    charges = '{"subtotal": 500, "discount": 0, "shipping": 590, "shippingDiscount": 0, "tax": 207, '
    charges += '"taxInclusive": false, "shippingMethod": "parcel", "discountCode": null}'
    columns = "id, number, customer_id, status, total, currency, idempotency_key, fingerprint, placed_at"
    columns += ", updated_at, charges"

    def order(place: int, status: str) -> str:
        key = f"X'{ident}{place:02x}'"
        given = f"'{charges}'" if place % 2 else "NULL"
        values = f"{key}, 'R-{place}', {key}, '{status}', 1297, 'EUR', 'k', '', {moment}, {moment}, {given}"
        return f"INSERT INTO orders ({columns}) VALUES ({values})"

    def product(name: str) -> str:
        own = "id, slug, title, description, vendor, tags, min_price, max_price, currency, created_at, updated_at"
        values = f"X'{name * 32}', '{name}', '', '', '', '[]', 1, 1, 'EUR', {moment}, {moment}"
        return f"INSERT INTO products ({own}) VALUES ({values})"

    states = list(OrderStatus)
    await run_sql(settings, product("a"), *(order(place, status) for place, status in enumerate(states)))
    before = select(Order.number, Order.status, Order.total, Order.charges).order_by(Order.id)
    async with opened(settings) as database, database.read() as session:
        orders = [tuple(row) for row in await session.execute(before)]
    assert await upgrade(settings) == list(migrations.known_revisions()[25:])
    await run_sql(settings, product("b"), order(100, "PAID"))
    async with opened(settings) as database, database.read() as session:
        assert [tuple(row) for row in await session.execute(before)][: len(states)] == orders
        # Sums by rate are not made up for orders of before.
        assert {Charges.from_json(raw).taxes for *_, raw in orders if raw is not None} == {()}
        assert list(await session.scalars(select(Product.tax_class))) == [None, None]
        assert await read_all(session) == ChargeRules((), (), frozenset())
    assert await downgrade(settings, "0025") == list(migrations.known_revisions()[-2:23:-1])
    await run_sql(settings, product("c"))
