"""Bound the time for which a transaction may do nothing: its process may be frozen, and others wait for its rows.

MariaDB ends such transactions by ``idle_transaction_timeout``. MySQL knows only ``wait_timeout``, which ends
resting connections of the pool as well, so a connection that rested for nearly as long is not used any more.

Who waits in the server for another's lock is not heard to have given up: the server would go on waiting for a
minute for a row, for a day for a table, and keep the rows that it has already from all others. ``SET GLOBAL
read_only``, with which a primary is handed over, waits for all changes and new ones wait for it: with rows kept
that way it does not end.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

_RESTS = 3
"""A resting connection is cheap to keep, and a new one is not: it gets more time than a transaction does."""
_RESTED_AT = "rested_at"


def bound_idle(engine: AsyncEngine, seconds: int) -> None:
    """Have the server end transactions that do nothing for ``seconds``; MySQL takes three times as long.

    Nobody waits longer for a table, nor three times as long for a row: it is a conflict then, and is tried again.
    """
    rest = _RESTS * seconds

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(
            f"SET SESSION wait_timeout = {rest}, lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {rest}"
        )
        cursor.execute("SHOW VARIABLES LIKE 'idle_transaction_timeout'")
        if cursor.fetchone():
            cursor.execute(f"SET SESSION idle_transaction_timeout = {seconds}")
        cursor.close()

    def rested(_connection: object, record: Any) -> None:
        record.info[_RESTED_AT] = time.monotonic()

    def take(_connection: object, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get(_RESTED_AT, time.monotonic()) > rest - 1:
            raise DisconnectionError  # the pool makes another one

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "checkin", rested)
    event.listen(engine.sync_engine, "checkout", take)
