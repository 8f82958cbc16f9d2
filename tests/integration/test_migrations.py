"""Migrations on real databases: up, down, up; once by two processes; and refused when the schema is another's."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import inspect, text

from infra import migrations
from infra.database import Database
from infra.errors import StoreUnavailable
from infra.migrations import MigrationFailed, SchemaMismatch
from infra.settings import Settings
from models import Base
from tests.integration.fresh_database import ON_BOTH, fresh_database

ROOT = Path(__file__).parents[2]
HEAD = migrations.own_revision()
TABLES = {*Base.metadata.tables, "alembic_version"}
UPGRADE = "from infra import migrations, settings; print(migrations.upgrade(settings.get_settings()))"


@pytest.fixture(params=ON_BOTH)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def on_mysql(tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_database("mysql", tmp_path) as made:
        yield made


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    if settings.database_url is None:
        settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_dsn)
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


async def upgrade(settings: Settings, revision: str = "head") -> list[str]:
    return await asyncio.to_thread(migrations.upgrade, settings, revision)


async def downgrade(settings: Settings, revision: str) -> list[str]:
    return await asyncio.to_thread(migrations.downgrade, settings, revision)


async def check(settings: Settings) -> list[str]:
    return await asyncio.to_thread(migrations.check, settings)


@asynccontextmanager
async def python(settings: Settings, *arguments: str, folder: Path = ROOT) -> AsyncIterator[Process]:
    """A process of its own with these settings; ended when the block is left early."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUSHCART_")}
    environment |= {"RUSHCART_HOME": str(settings.home), "PYTHONPATH": str(folder)}
    if settings.database_url is not None:
        environment["RUSHCART_DATABASE_URL"] = settings.database_dsn
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def output_of(settings: Settings, *arguments: str, folder: Path = ROOT) -> str:
    async with python(settings, *arguments, folder=folder) as process:
        stdout, stderr = await process.communicate()
        assert process.returncode == 0, stderr.decode()
        return stdout.decode()


async def read_until(process: Process, words: str) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if words in line.decode():
            return
    assert process.stderr is not None
    pytest.fail(f"ended without saying {words!r}: {(await process.stderr.read()).decode()}")


async def test_each_migration_runs_up_and_down_and_up_again(settings: Settings) -> None:
    before = "base"
    for revision in migrations.known_revisions():
        assert await upgrade(settings, revision) == [revision]
        assert await downgrade(settings, before) == [before]
        assert await upgrade(settings, revision) == [revision]
        before = revision
    assert await table_names(settings) == TABLES
    assert await downgrade(settings, "base") == ["base", *migrations.known_revisions()[-2::-1]][::-1]
    assert await table_names(settings) == {"alembic_version"}


async def test_autogenerate_finds_no_difference(settings: Settings) -> None:
    await upgrade(settings)
    assert await check(settings) == []


async def test_check_refuses_a_database_without_schema(settings: Settings) -> None:
    with pytest.raises(SchemaMismatch, match="no schema yet"):
        await check(settings)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP TABLE outbox", "add_table outbox"),
        ("ALTER TABLE users ADD COLUMN extra INTEGER", "remove_column users extra"),
        ("CREATE INDEX ix_extra ON users (display_name)", "remove_index users ix_extra"),
    ],
)
async def test_check_names_a_difference(settings: Settings, change: str, difference: str) -> None:
    await upgrade(settings)
    await run_sql(settings, change)
    assert await check(settings) == [difference]


@pytest.mark.stack
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("users MODIFY email VARCHAR(254) NOT NULL", "modify_type users.email: "),
        ("users MODIFY created_at DATETIME NOT NULL", "modify_type users.created_at: "),
        ("outbox MODIFY id BINARY(20) NOT NULL", "modify_type outbox.id: "),
        ("outbox MODIFY `key` VARCHAR(100) COLLATE utf8mb4_bin NOT NULL", "modify_type outbox.key: "),
        ("users MODIFY display_name VARCHAR(100) NULL", "modify_nullable users.display_name: True -> False"),
        ("users ALTER display_name SET DEFAULT 'x'", "modify_default users.display_name: "),
        ("variants DROP CONSTRAINT ck_variants_price_not_negative", "add_constraint variants ck_variants_price"),
    ],
)
async def test_check_sees_what_differs_on_mysql(on_mysql: Settings, change: str, difference: str) -> None:
    await upgrade(on_mysql)
    await run_sql(on_mysql, f"ALTER TABLE {change}")
    found = await check(on_mysql)
    assert len(found) == 1
    assert found[0].startswith(difference)


async def test_upgrade_at_head_does_nothing_and_loads_nothing(settings: Settings) -> None:
    await upgrade(settings)
    assert (
        await output_of(settings, "-c", f"{UPGRADE}; import sys; print('alembic' in sys.modules)") == "[]\nFalse\n"
    )


async def test_two_processes_that_start_at_once_migrate_once(settings: Settings) -> None:
    gated = f"from infra import migrations; print('ready', flush=True); input(); {UPGRADE}"
    async with python(settings, "-c", gated) as one, python(settings, "-c", gated) as two:
        for process in (one, two):
            await read_until(process, "ready")
        outputs = await asyncio.gather(*(process.communicate(b"\n") for process in (one, two)))
    assert sorted(out.decode().splitlines()[-1] for out, _ in outputs) == [str([HEAD]), "[]"], outputs
    assert await check(settings) == []


async def test_the_second_waits_and_finds_it_done(settings: Settings) -> None:
    async with python(settings, "-c", UPGRADE) as second:
        async with migrations.migration_lock(settings):
            await read_until(second, "migration.waiting")
            assert "users" not in await table_names(settings)
        stdout, _ = await second.communicate()
    assert stdout.decode().splitlines()[-1] == str([HEAD])


async def test_plain_alembic_waits_too(settings: Settings) -> None:
    async with python(settings, "-m", "alembic", "upgrade", "head") as plain:
        async with migrations.migration_lock(settings):
            await read_until(plain, "migration.waiting")
        await plain.communicate()
        assert plain.returncode == 0
    assert await upgrade(settings) == []


async def test_a_process_that_dies_gives_the_lock_back(settings: Settings) -> None:
    hold = (
        "import asyncio, sys\nfrom infra import migrations, settings\n"
        "async def hold():\n"
        "    async with migrations.migration_lock(settings.get_settings()):\n"
        "        print('held', flush=True)\n        sys.stdin.read()\n"
        "asyncio.run(hold())"
    )
    async with python(settings, "-c", hold) as holder:
        await read_until(holder, "held")
        holder.kill()
        await holder.wait()
        assert await upgrade(settings) == [HEAD]


async def test_a_server_starts_only_on_its_own_revision(settings: Settings) -> None:
    async with opened(settings) as database:
        with pytest.raises(SchemaMismatch) as empty:
            await migrations.require_current(database)
        await upgrade(settings)
        await migrations.require_current(database)
    assert empty.value.found is None
    assert str(empty.value) == (
        f"The database has no schema yet, this Rushcart needs revision {HEAD}. Run: rushcart db upgrade."
        f" Database: {migrations.where(settings)}"
    )


async def test_an_older_schema_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await upgrade(settings)
    monkeypatch.setattr(migrations, "known_revisions", lambda: (HEAD, "9998"))
    async with opened(settings) as database:
        with pytest.raises(
            SchemaMismatch, match=f"^The database is older: at revision {HEAD}, this Rushcart needs 9998"
        ):
            await migrations.require_current(database)


async def test_a_newer_schema_is_refused(settings: Settings) -> None:
    await upgrade(settings)
    await run_sql(settings, "UPDATE alembic_version SET version_num = '9999'")
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
    assert await asyncio.to_thread(migrations.reset, settings) == [HEAD]
    assert await table_names(settings) == TABLES
    assert await check(settings) == []


async def test_plain_alembic_works(settings: Settings) -> None:
    assert "CREATE TABLE users" in await output_of(settings, "-m", "alembic", "upgrade", "head", "--sql")
    await output_of(settings, "-m", "alembic", "upgrade", "head")
    assert await upgrade(settings) == []
    assert "No new upgrade operations" in await output_of(settings, "-m", "alembic", "check")


async def test_an_installed_package_has_its_migrations(settings: Settings, tmp_path: Path) -> None:
    for package in ("infra", "models"):
        shutil.copytree(ROOT / package, tmp_path / "site" / package)
    shutil.copytree(ROOT / "alembic", tmp_path / "site" / "infra" / "_alembic")
    assert await output_of(settings, "-c", UPGRADE, folder=tmp_path / "site") == f"{[HEAD]}\n"


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
