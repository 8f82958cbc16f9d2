"""The database: version, mode, durability, clock, connections, schema."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from infra.migrations import SchemaMismatch, require_current
from infra.runtime import Infra
from services.doctor.check_clock import check_clock
from services.doctor.check_documents import check_documents
from services.doctor.finding import Finding, Level, doubtful, good, version_of, wrong

_AREA: Final = "database"
_OFF: Final = ("OFF", "0")
_OLDEST: Final = {"MariaDB": (10, 11), "MySQL": (8, 0)}


async def check_database(infra: Infra) -> list[Finding]:
    """Errors: StoreUnavailable."""
    schema = await _schema(infra)
    found = [schema]
    if schema.level is Level.GOOD:
        found += await check_documents(infra)
    if infra.database.is_sqlite:
        async with infra.database.read() as session:
            mode = await session.scalar(text("PRAGMA journal_mode"))
        return [good(_AREA, f"SQLite, journal mode {mode}"), *found]
    async with infra.database.read() as session:
        version = str(await session.scalar(text("SELECT VERSION()")))
        rows = await session.execute(text("SHOW VARIABLES"))
        variables = {str(name).lower(): str(value) for name, value in rows}
        status = await session.execute(text("SHOW STATUS LIKE 'Threads_connected'"))
        connected = int(status.one()[1])
        now: datetime = await session.scalar(text("SELECT UTC_TIMESTAMP(6)"))
        isolation = variables.get("transaction_isolation") or variables.get("tx_isolation", "")
    found += [*judge_version(version), *judge_variables(variables), _connections(infra, variables, connected)]
    found.append(_session("transaction isolation", isolation, "READ-COMMITTED"))
    found.append(_session("time zone", variables.get("time_zone", ""), "+00:00"))
    found.append(check_clock(_AREA, now.replace(tzinfo=UTC), infra.now()))
    return found


async def _schema(infra: Infra) -> Finding:
    try:
        await require_current(infra.database)
    except SchemaMismatch as error:
        return wrong(_AREA, "another schema", str(error))
    return good(_AREA, "the schema is this server's")


def judge_version(version: str) -> Iterator[Finding]:
    """Yields what is wrong with a version as the server tells it."""
    name = "MariaDB" if "MariaDB" in version else "MySQL"
    oldest = _OLDEST[name]
    if version_of(version) < oldest:
        least = ".".join(map(str, oldest))
        yield wrong(_AREA, f"{name} {version} is too old", f"Rushcart needs {name} {least} or newer.")
    else:
        yield good(_AREA, f"{name} {version}")


def _session(what: str, value: str, wanted: str) -> Finding:
    """What our own connections are set to: anything else says that something between them changes it."""
    if value.upper() == wanted:
        return good(_AREA, f"{what} {value}")
    return wrong(_AREA, f"{what} {value}", f"Our connections ask for {wanted}: a proxy between seems to undo it.")


def judge_variables(variables: dict[str, str]) -> Iterator[Finding]:
    """Yields what is wrong with the server's variables, by name in small letters."""
    modes = variables.get("sql_mode", "").split(",")
    if {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(modes):
        yield good(_AREA, "strict SQL mode")
    else:
        yield wrong(_AREA, "values that do not fit are cut off", "Add STRICT_TRANS_TABLES to sql_mode.")
    if variables.get("read_only", "OFF").upper() not in _OFF:
        yield wrong(
            _AREA, "it is read-only", "Let RUSHCART_DATABASE_URL lead to the primary, or set read_only to OFF."
        )
    if variables.get("innodb_flush_log_at_trx_commit") == "1":
        yield good(_AREA, "commits are on disk")
    else:
        yield wrong(
            _AREA, "a commit may be lost when the machine stops", "Set innodb_flush_log_at_trx_commit to 1."
        )
    if variables.get("log_bin", "OFF").upper() in ("ON", "1") and variables.get("sync_binlog") != "1":
        yield doubtful(_AREA, "the binary log may miss commits when the machine stops", "Set sync_binlog to 1.")


def _connections(infra: Infra, variables: dict[str, str], connected: int) -> Finding:
    most, pool = int(variables.get("max_connections", 0)), infra.settings.database_pool_size
    told = f"{connected} of {most} connections are used, a process takes up to {pool}"
    if most - connected < pool:
        return wrong(_AREA, told, "Raise max_connections, or lower RUSHCART_DATABASE_POOL_SIZE.")
    return good(_AREA, told)
