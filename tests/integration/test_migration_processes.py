"""Migrations by processes of their own: two at once, plain Alembic, an installed package, `rushcart db`."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra import migrations
from settings import Settings
from tests.integration.fresh_database import ON_BOTH, fresh_database, run_sql, table_names
from tests.running import forked

ROOT = Path(__file__).parents[2]
HEAD = migrations.own_revision()
ALL = list(migrations.known_revisions())
ON_ONE = pytest.mark.parametrize("settings", ON_BOTH[:1], indirect=True)
"""For what the command says: what it does to a database is proved on both elsewhere."""
UPGRADE = "from infra import migrations; import settings; print(migrations.upgrade(settings.get_settings()))"


@pytest.fixture(params=ON_BOTH)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_database(request.param, tmp_path) as made:
        yield made


async def upgrade(settings: Settings) -> list[str]:
    return await asyncio.to_thread(migrations.upgrade, settings)


def environment(settings: Settings, folder: Path) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("RUSHCART_")}
    ours |= {"RUSHCART_HOME": str(settings.home), "PYTHONPATH": str(folder)}
    if settings.database_url is not None:
        ours["RUSHCART_DATABASE_URL"] = settings.database_dsn
    return ours


@asynccontextmanager
async def python(settings: Settings, *arguments: str, folder: Path = ROOT) -> AsyncIterator[Process]:
    """A process of its own with these settings; ended when the block is left early."""
    env = environment(settings, folder)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE
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


async def db(settings: Settings, *arguments: str) -> tuple[int | None, str, str]:
    """`rushcart db ...`: exit code, output, errors."""
    env = environment(settings, ROOT)
    ended = await asyncio.to_thread(forked.run, ["db", *arguments], env, 60, folder=ROOT)
    return ended.returncode, ended.stdout, ended.stderr


async def test_two_processes_that_start_at_once_migrate_once(settings: Settings) -> None:
    gated = f"from infra import migrations; print('ready', flush=True); input(); {UPGRADE}"
    async with python(settings, "-c", gated) as one, python(settings, "-c", gated) as two:
        for process in (one, two):
            await read_until(process, "ready")
        outputs = await asyncio.gather(*(process.communicate(b"\n") for process in (one, two)))
    assert sorted(out.decode().splitlines()[-1] for out, _ in outputs) == [str(ALL), "[]"], outputs
    assert await asyncio.to_thread(migrations.check, settings) == []
    # Who finds it at head loads nothing.
    after = f"{UPGRADE}; import sys; print('alembic' in sys.modules)"
    assert await output_of(settings, "-c", after) == "[]\nFalse\n"


async def test_the_second_waits_and_finds_it_done(settings: Settings) -> None:
    async with python(settings, "-c", UPGRADE) as second:
        async with migrations.migration_lock(settings):
            await read_until(second, "migration.waiting")
            assert "users" not in await table_names(settings)
        stdout, _ = await second.communicate()
    assert stdout.decode().splitlines()[-1] == str(ALL)


async def test_plain_alembic_works_and_waits_too(settings: Settings) -> None:
    assert "CREATE TABLE users" in await output_of(settings, "-m", "alembic", "upgrade", "head", "--sql")
    async with python(settings, "-m", "alembic", "upgrade", "head") as plain:
        async with migrations.migration_lock(settings):
            await read_until(plain, "migration.waiting")
        await plain.communicate()
        assert plain.returncode == 0
    assert await upgrade(settings) == []
    assert "No new upgrade operations" in await output_of(settings, "-m", "alembic", "check")


async def test_a_process_that_dies_gives_the_lock_back(settings: Settings) -> None:
    hold = (
        "import asyncio, sys\nimport settings\nfrom infra import migrations\n"
        "async def hold():\n"
        "    async with migrations.migration_lock(settings.get_settings()):\n"
        "        print('held', flush=True)\n        sys.stdin.read()\n"
        "asyncio.run(hold())"
    )
    async with python(settings, "-c", hold) as holder:
        await read_until(holder, "held")
        holder.kill()
        await holder.wait()
        assert await upgrade(settings) == ALL


@ON_ONE
async def test_an_installed_package_has_its_migrations(settings: Settings, tmp_path: Path) -> None:
    for package in ("infra", "models", "settings"):
        shutil.copytree(ROOT / package, tmp_path / "site" / package)
    shutil.copytree(ROOT / "alembic", tmp_path / "site" / "infra" / "_alembic")
    assert await output_of(settings, "-c", UPGRADE, folder=tmp_path / "site") == f"{ALL}\n"


async def test_db_takes_the_schema_up_and_down(settings: Settings) -> None:
    where = migrations.where(settings)
    assert await db(settings, "upgrade") == (0, "".join(f"Now at {step}.\n" for step in ALL), "")
    assert await db(settings, "upgrade") == (0, f"Nothing to do at {where}.\n", "")
    assert await db(settings, "current") == (0, f"database {HEAD}\nrushcart {HEAD}\naddress  {where}\n", "")
    assert await db(settings, "check") == (0, "No difference.\n", "")
    down = [*ALL[-2::-1], "base"]
    assert await db(settings, "downgrade", "base") == (0, "".join(f"Now at {step}.\n" for step in down), "")
    assert (await db(settings, "current"))[0] == 3


@ON_ONE
async def test_db_check_exits_with_3_and_the_difference(settings: Settings) -> None:
    await upgrade(settings)
    await run_sql(settings, "DROP TABLE barrier")
    assert await db(settings, "check") == (3, "add_table barrier\n", "")


@ON_ONE
async def test_db_reset_needs_to_be_told(settings: Settings) -> None:
    await run_sql(settings, "CREATE TABLE mine (id INTEGER)")
    code, _, errors = await db(settings, "reset")
    assert code == 2
    assert "--yes" in errors
    assert await table_names(settings) == {"mine"}
    assert await db(settings, "reset", "--yes") == (
        0,
        f"Reset: {migrations.where(settings)} is empty and at {HEAD}.\n",
        "",
    )
    assert "mine" not in await table_names(settings)


async def test_db_names_a_revision_it_does_not_know(settings: Settings) -> None:
    code, output, errors = await db(settings, "upgrade", "nope")
    assert (code, output) == (1, "")
    assert errors == f"Error: Can't locate revision identified by 'nope'. Known revisions: {', '.join(ALL)}.\n"


async def test_db_never_prints_the_password(unused_tcp_port: int, tmp_path: Path) -> None:
    address = f"mysql+asyncmy://me:hush-hush@127.0.0.1:{unused_tcp_port}/shop"
    away = Settings(home=tmp_path, database_url=SecretStr(address))
    for command in (["upgrade"], ["downgrade", "-1"], ["current"], ["check"], ["reset"], ["reset", "--yes"]):
        code, output, errors = await db(away, *command)
        assert code in (1, 2)
        assert "me:***@127.0.0.1" in errors
        assert "hush" not in output + errors
        assert "Traceback" not in errors
