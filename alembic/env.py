"""Runs migrations on the database that the RUSHCART_* settings name, one process at a time.

``config.attributes`` comes from infra/migrations.py with ``settings`` and ``wipe`` (drop every table
first); it is given ``connected`` and, in the list ``applied``, the id of every revision passed.

A new revision, numbered by itself, from the models: ``alembic revision --autogenerate -m "what changes"``,
on a database that is at head. To make 0001 anew before its release: remove its file, then
``RUSHCART_HOME=$(mktemp -d) alembic revision --autogenerate -m initial``.
"""

import asyncio
import logging
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from importlib.util import find_spec
from logging.config import fileConfig
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import (
    CreateTableOp,
    DropTableOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    OpContainer,
)
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory, write_hooks
from sqlalchemy import JSON, Column, Connection, event, inspect
from sqlalchemy.types import TypeEngine

from alembic import context
from infra.database import Database
from infra.migrations import PATIENCE, MigrationFailed, migration_lock
from models import Base
from models.base import RETIRED_TABLES
from models.types import ExactText, UtcDateTime, UuidBinary
from settings import Settings, get_settings

config = context.config
_MYSQL = ("mysql", "mariadb")
_PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]


def compare_type(
    migration: MigrationContext,
    _found: Column[Any],
    _wanted: Column[Any],
    found: TypeEngine[Any],
    wanted: TypeEngine[Any],
) -> bool | None:
    """What Alembic's own comparison lets pass on MySQL: a length, precision or collation on one side only.

    JSON is left to Alembic: on MariaDB it is a LONGTEXT with a collation.
    """
    if migration.dialect.name not in _MYSQL or isinstance(wanted, JSON):
        return None
    real = wanted.dialect_impl(migration.dialect)
    real = getattr(real, "impl_instance", real)
    differs = any(
        getattr(real, name, None) != getattr(found, name, None) for name in ("length", "fsp", "collation")
    )
    return True if differs else None


def compare_default(
    _migration: MigrationContext, _found: Column[Any], wanted: Column[Any], *_defaults: object
) -> bool | None:
    """A default that a migration leaves for older servers is not one of the model's."""
    return False if "server_default" in wanted.info else None


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """The names that script.py.mako defines, for the column types of models/types.py."""
    if kind != "type":
        return False
    if isinstance(item, UuidBinary):
        return "UUID"
    if isinstance(item, UtcDateTime):
        return "MOMENT"
    return f"Exact({item.length})" if isinstance(item, ExactText) else False


def include_name(name: str | None, kind: str, _parents: Mapping[str, str | None]) -> bool:
    return kind != "table" or name not in RETIRED_TABLES


def plan_revision(_migration: MigrationContext, _rev: object, directives: list[MigrationScript]) -> None:
    """Readable ids in one line (0001, 0002, …), and no batch where a whole table comes or goes."""
    head = ScriptDirectory.from_config(config).get_current_head()
    for script in directives:
        script.rev_id = f"{int(head or 0) + 1:04}"
        for steps in (*script.upgrade_ops_list, *script.downgrade_ops_list):
            _unwrap_whole_tables(steps)


def _unwrap_whole_tables(steps: OpContainer) -> None:
    made = {step.table_name for step in steps.ops if isinstance(step, CreateTableOp)}
    dropped = {step.table_name for step in steps.ops if isinstance(step, DropTableOp)}
    kept: list[MigrateOperation] = []
    for step in steps.ops:
        # The indexes go with their table: MySQL refuses to drop one that a foreign key needs.
        if isinstance(step, ModifyTableOps) and step.table_name in dropped:
            continue
        kept.extend(step.ops if isinstance(step, ModifyTableOps) and step.table_name in made else [step])
    steps.ops = kept


@write_hooks.register("house_style")
def house_style(filename: str, _options: dict[str, Any]) -> None:
    """Short table options, no comments of Alembic's own, and ruff's format (when it is installed)."""
    path = Path(filename)
    source = re.sub(r"(?:\s*(?:mysql|mariadb)_(?:engine|charset)='\w+',?)+", "\n**INNODB", path.read_text())
    path.write_text(re.sub(r"\n *# ###.*", "", source))
    if find_spec("ruff") is None:
        return
    for command in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, filename], check=True)  # noqa: S603


def _applied(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Still in the migration's transaction; SQLite has not looked at foreign keys until now."""
    if ctx.dialect.name == "sqlite" and ctx.connection is not None:
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise MigrationFailed(f"{len(broken)} rows refer to nothing, the first in table {broken[0][0]}.")
    config.attributes.setdefault("applied", []).extend(sorted(heads) or ["base"])


def _configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=compare_type,
        compare_server_default=compare_default,
        render_item=render_item,
        include_name=include_name,
        render_as_batch=True,
        autogenerate_plugins=_PLUGINS,
        process_revision_directives=plan_revision,
        on_version_apply=_applied,
        transaction_per_migration=True,
        # Database begins SQLite's transactions itself, so there they cover DDL too.
        transactional_ddl=connection.dialect.name == "sqlite",
    )


def _wipe(connection: Connection) -> None:
    mysql = connection.dialect.name in _MYSQL
    if mysql:
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
    quote = connection.dialect.identifier_preparer.quote
    for table in inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {quote(table)}")
    if mysql:
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")
    connection.commit()


def _run(connection: Connection) -> None:
    config.attributes["connected"] = True
    if config.attributes.get("wipe"):
        _wipe(connection)
    _configure(connection)
    with context.begin_transaction():
        context.run_migrations()


def _without_foreign_keys(connection: Any, _record: object) -> None:
    # A batch migration drops and renames tables that others refer to; SQLite ignores this inside a transaction.
    connection.execute("PRAGMA foreign_keys = OFF").close()


async def _online(settings: Settings) -> None:
    async with migration_lock(settings):
        database = Database(settings.database_dsn, pool_size=1, read_timeout=PATIENCE)
        if database.is_sqlite:
            event.listen(database.engine.sync_engine, "connect", _without_foreign_keys)
        try:
            async with database.engine.execution_options(rushcart_write=True).connect() as connection:
                await connection.run_sync(_run)
        finally:
            await database.close()


def _offline(settings: Settings) -> None:
    """``alembic upgrade head --sql``: print the statements."""
    context.configure(url=settings.database_dsn, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)
# Alembic names its own table's primary key, which MySQL does not take.
logging.getLogger("asyncmy").addFilter(lambda record: "ignored for PRIMARY key" not in record.getMessage())
_settings = config.attributes.get("settings") or get_settings()
if context.is_offline_mode():
    _offline(_settings)
else:
    asyncio.run(_online(_settings))
