"""A MariaDB that follows another one, and takes its place."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import NullPool, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from infra.ports import LOOPBACK
from infra.stack.database import OPERATOR
from infra.stack.errors import StackError
from infra.stack.probes import quiet
from infra.stack.state import Record

_WITHIN: Final = 60.0
_POLL: Final = 0.05
_LIMIT: Final = 60.0
Row = dict[str, Any]
T = TypeVar("T")


def follow(replica: Record, primary: Record) -> None:
    """Have the replica do what the primary did since it was there last, and go on. Errors: StackError."""
    password = primary.notes["password"]
    where = f"MASTER_HOST='{LOOPBACK}', MASTER_PORT={primary.port}, MASTER_USER='{OPERATOR}'"
    how = f"MASTER_PASSWORD='{password}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1"
    _tell(
        replica,
        "STOP SLAVE",
        "SET GLOBAL read_only = ON",
        "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
        "SET GLOBAL rpl_semi_sync_slave_enabled = ON",
        f"CHANGE MASTER TO {where}, {how}",
        "START SLAVE",
    )


def follow_mysql(replica: Record, primary: Record) -> None:
    """Have a MySQL do what another one did from the beginning, and go on. Errors: StackError."""
    where = f"SOURCE_HOST='{LOOPBACK}', SOURCE_PORT={primary.port}, SOURCE_USER='{OPERATOR}'"
    how = f"SOURCE_PASSWORD='{primary.notes['password']}', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1"
    _tell(replica, f"CHANGE REPLICATION SOURCE TO {where}, {how}, SOURCE_CONNECT_RETRY=1", "START REPLICA")


def await_following(replica: Record, primary: Record) -> None:
    """Wait until nothing is committed any more that the replica has not got. Errors: StackError."""

    def waits_for_it() -> bool:
        [found] = _ask(primary, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_status'")
        clients = _ask(primary, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'")
        return (found["Value"], clients[0]["Value"]) == ("ON", "1")

    _await(waits_for_it, lambda: f"the replica does not follow: {_ask(replica, 'SHOW SLAVE STATUS')}")


def close(primary: Record) -> None:
    """Have it take no more writes. Errors: StackError."""
    _tell(primary, "SET GLOBAL read_only = ON")


def promote(replica: Record) -> None:
    """Make it a primary, once it has done all that it has heard of. Errors: StackError."""
    _tell(replica, "STOP SLAVE IO_THREAD")

    def has_done_all() -> bool:
        [status] = _ask(replica, "SHOW SLAVE STATUS")
        [row] = _ask(replica, "SELECT @@GLOBAL.gtid_slave_pos AS done")
        heard = str(status["Gtid_IO_Pos"])
        return not heard or bool(row["done"] == heard)

    _await(has_done_all, lambda: f"the replica does not get on: {_ask(replica, 'SHOW SLAVE STATUS')}")
    _tell(
        replica,
        "STOP SLAVE",
        "RESET SLAVE ALL",
        "SET GLOBAL rpl_semi_sync_slave_enabled = OFF",
        "SET GLOBAL rpl_semi_sync_master_enabled = ON",
        "SET GLOBAL read_only = OFF",
    )


def _await(look: Callable[[], bool], told: Callable[[], str]) -> None:
    deadline = time.monotonic() + _WITHIN
    while not look():
        if time.monotonic() > deadline:
            raise StackError(f"database: {told()}")
        time.sleep(_POLL)


def _tell(record: Record, *statements: str) -> None:
    _run(_execute(record, statements))


def _ask(record: Record, statement: str) -> list[Row]:
    return _run(_execute(record, [statement]))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it where an event loop may run already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _execute(record: Record, statements: Sequence[str]) -> list[Row]:
    """Returns the rows of the last statement. Errors: StackError."""
    url = make_url(record.url).set(username=OPERATOR, database="")
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    rows: list[Row] = []
    try:
        # It warns of a replica that is stopped and does not run.
        with quiet("asyncmy"):
            async with asyncio.timeout(_LIMIT), engine.connect() as connection:
                for statement in statements:
                    result = await connection.execute(text(statement))
                    rows = [dict(row) for row in result.mappings()] if result.returns_rows else []
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        # Without the statement, which may have the password in it.
        said = getattr(error, "orig", None) or type(error).__name__
        raise StackError(f"database: {statements[0]}: {said}") from error
    finally:
        await engine.dispose()
    return rows
