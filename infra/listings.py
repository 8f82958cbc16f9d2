"""Reads of listings and history, from a replica of the database where there is one that is not behind.

Each read asks the primary how far it is (its GTIDs), and the replica to wait for that: it sees all that was
committed before it began, one's own changes too, whoever made them and by which process. So what is made from it
may be cached like what the primary tells. A replica that does not get there in time is left alone for a while.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infra.database import Database
from infra.errors import StoreUnavailable
from infra.telemetry.counters import Counters
from infra.telemetry.metrics import REPLICA_WAIT

log = structlog.get_logger(__name__)
T = TypeVar("T")

# MariaDB: https://mariadb.com/kb/en/gtid/; MySQL: https://dev.mysql.com/doc/refman/8.4/en/gtid-functions.html.
_HOW_FAR: Final = {
    True: text("SELECT @@GLOBAL.gtid_binlog_pos"),
    False: text("SELECT @@GLOBAL.gtid_executed"),
}
_WAIT: Final = {
    True: text("SELECT MASTER_GTID_WAIT(:position, :seconds)"),
    False: text("SELECT WAIT_FOR_EXECUTED_GTID_SET(:position, :seconds)"),
}
_REACHED: Final = 0
_ROUND_TRIP: Final = 0.1
"""Seconds beyond the wait in which a replica that is there has answered."""
_LEFT_ALONE: Final = 1.0
_AREA: Final = "replica"


class Behind(Exception):
    """The replica does not have in time what the primary has; or nobody can tell, as there are no GTIDs."""


class Listings:
    """``wait``: seconds that a read waits for the replica to have what the primary has."""

    def __init__(self, primary: Database, replica: Database | None, wait: float, counters: Counters) -> None:
        self._primary = primary
        self.replica = replica
        self._wait = wait
        self._counters = counters
        self._left_alone_until = 0.0
        self._is_away = False

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]], timeout: float | None = None) -> T:
        """Run ``work``, which only reads: on the replica, and once more on the primary if that gives no answer.

        Errors: StoreUnavailable, as of ``Database.read``.
        """
        if self.replica is not None and time.monotonic() >= self._left_alone_until:
            try:
                return await self._on_replica(self.replica, work, timeout)
            except (Behind, StoreUnavailable) as error:
                self._leave_alone(error)
        async with self._primary.read(timeout) as session:
            return await work(session)

    async def _on_replica(
        self, replica: Database, work: Callable[[AsyncSession], Awaitable[T]], timeout: float | None
    ) -> T:
        """Errors: Behind; StoreUnavailable."""
        position = await self._position()
        if self._is_away:
            # Until this read is over nobody else tries whether it is back.
            self._left_alone_until = time.monotonic() + _LEFT_ALONE
        async with replica.read(timeout) as session:
            begun = time.monotonic()
            await self._await(session, position)
            REPLICA_WAIT.observe(time.monotonic() - begun)
            self._welcome()
            found = await work(session)
        self._counters.add(_AREA, "read")
        return found

    async def _position(self) -> str:
        """Returns how far the primary is. Errors: Behind, where it does not tell; StoreUnavailable."""
        async with self._primary.read() as session:
            with _told_as_behind("the primary tells no GTIDs"):
                position = await session.scalar(_HOW_FAR[_is_mariadb(await session.connection())])
        if not position:
            raise Behind("the primary tells no GTIDs")
        return str(position)

    async def _await(self, session: AsyncSession, position: str) -> None:
        """Errors: Behind; TimeoutError; DBAPIError, of an outage."""
        async with asyncio.timeout(self._wait + _ROUND_TRIP):
            statement = _WAIT[_is_mariadb(await session.connection())]
            with _told_as_behind("it follows nobody by GTIDs"):
                reached = await session.scalar(statement, {"position": position, "seconds": self._wait})
        if reached != _REACHED:
            raise Behind("it has not got there in time")

    async def lag(self) -> float:
        """Measure how long the replica takes to have what the primary has now, in seconds.

        Errors: Behind; StoreUnavailable.
        """
        assert self.replica is not None
        position = await self._position()
        begun = time.monotonic()
        async with self.replica.read() as session:
            await self._await(session, position)
        return time.monotonic() - begun

    def _leave_alone(self, error: Exception) -> None:
        self._left_alone_until = time.monotonic() + _LEFT_ALONE
        self._counters.add(_AREA, "behind" if isinstance(error, Behind) else "away")
        if not self._is_away:
            log.warning("replica.left_alone", reason=str(error))
        self._is_away = True

    def _welcome(self) -> None:
        self._left_alone_until = 0.0
        if self._is_away:
            log.info("replica.back")
        self._is_away = False


@contextmanager
def _told_as_behind(reason: str) -> Iterator[None]:
    """Tell a server that knows no such question, or has no answer, as one that is behind. Errors: Behind."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise Behind(reason) from error


def _is_mariadb(connection: AsyncConnection) -> bool:
    """By what the server said of itself when the first connection was made."""
    return bool(getattr(connection.dialect, "is_mariadb", False))
