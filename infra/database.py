"""The database: one engine a process, short sessions, and transactions that retry what is worth retrying."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, ExceptionContext, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from infra import one_hop_sqlite
from infra.database_errors import is_conflict, is_outage, is_read_only, refuses_writes
from infra.database_lookout import DOUBT_AFTER, DatabaseLookout
from infra.errors import StoreUnavailable
from infra.idle_transactions import bound_idle
from infra.store_time import StoreTime

log = structlog.get_logger(__name__)
T = TypeVar("T")

_MAX_TRIES = 8
RACES: Final = 5
"""How often ``work`` that looks whether rows are there before it makes them may find that others were faster."""
_LINE = 30.0
"""Seconds in the line for a connection: those who wait in it have limits of their own."""

_REMEMBERED = 5.0
# alembic_version is there in every database that a server of ours is on.
_WRITE = text("UPDATE alembic_version SET version_num = version_num WHERE 1 = 0")
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_READ = text("SELECT 1")  # a write would wait for SQLite's one writer

WORKERS_PATIENCE = 30.0
"""Seconds a worker gives a transaction: a server that was cut off without a word would hold it for ever."""


class Overtaken(Exception):
    """Another transaction has done meanwhile what ``work`` was about to do: run again, it sees that."""


class WriteSession(Session):
    """Of a transaction that writes; models/changes.py listens to it."""


COMMITTED: Final = "committed"
"""Where a session's ``info`` has what is to be told after the commit."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The event that tells of a transaction, as its outbox row has it."""

    envelope: dict[str, Any]


class Database:
    """Reads are given a deadline; writes commit when the block ends.

    ``after_commit`` is told of transactions that changed something cached.
    """

    def __init__(
        self,
        dsn: str,
        *,
        pool_size: int = 10,
        read_timeout: float = 0.8,
        idle_limit: int | None = None,
        store: str = "database",
    ) -> None:
        """``idle_limit``: seconds for which a transaction may do nothing before the server ends it. ``store``: its
        name in errors."""
        self._store = store
        self.url = make_url(dsn)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.read_timeout = read_timeout
        self.engine: AsyncEngine = _make_engine(dsn, self.is_sqlite, pool_size, read_timeout)
        if idle_limit is not None and not self.is_sqlite:
            bound_idle(self.engine, idle_limit)
        self._answers = 0
        event.listen(self.engine.sync_engine, "after_cursor_execute", self._count_answer)
        self._writer = self.engine.execution_options(rushcart_write=True)
        self.after_commit: Callable[[Committed], Awaitable[None]] | None = None
        self._refused_until = 0.0
        self._lookout = None if self.is_sqlite else DatabaseLookout(dsn, read_timeout)

    def _within(self, seconds: float) -> StoreTime:
        return StoreTime(seconds, lambda: self._answers, store=self._store)

    def _within_for_change(self, seconds: float) -> StoreTime:
        """A change may wait for others' locks, and so longer than a read, while the server is there."""
        if self._lookout is None or seconds <= self.read_timeout:
            return self._within(seconds)
        doubt = (self._lookout.doubt, DOUBT_AFTER * self.read_timeout)
        return StoreTime(seconds, lambda: self._answers, store=self._store, doubt=doubt)

    def _count_answer(self, *_: object) -> None:
        self._answers += 1

    @asynccontextmanager
    async def read(self, timeout: float | None = None) -> AsyncIterator[AsyncSession]:
        """Open a short read session.

        Errors: StoreUnavailable when there is no answer in ``timeout`` seconds, by default ``read_timeout``.
        """
        try:
            async with self._within(timeout or self.read_timeout), AsyncSession(self.engine) as session:
                yield session
        except Exception as error:
            if is_outage(error):
                raise StoreUnavailable(self._store) from error
            raise

    @asynccontextmanager
    async def snapshot(self, timeout: float) -> AsyncIterator[AsyncSession]:
        """Open a read session whose statements all see the moment of the first, without a lock.

        Errors: StoreUnavailable when it is not over in ``timeout`` seconds.
        """
        async with self.read(timeout) as session:
            if not self.is_sqlite:
                # For this transaction only: our connections are READ COMMITTED, a moment for each statement.
                await session.execute(_ONE_MOMENT)
            yield session

    async def ping(self) -> None:
        """Ask for a write that changes nothing: a server that is read-only answers reads.

        Whether there is room is only known when it is needed: for some seconds after a write was refused the
        database counts as away, unless another one succeeds. Errors: StoreUnavailable.
        """
        async with self.read() as session:
            await session.execute(_READ if self.is_sqlite else _WRITE)
        if time.monotonic() < self._refused_until:
            raise StoreUnavailable(self._store)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Open one transaction, committed at the end of the block and rolled back on any error."""
        async with self._transaction() as session:
            yield session
        await self._tell(session)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with (
            AsyncSession(self._writer, expire_on_commit=False, sync_session_class=WriteSession) as session,
            session.begin(),
        ):
            yield session

    async def _tell(self, session: AsyncSession) -> None:
        committed = session.info.get(COMMITTED)
        if committed is not None and self.after_commit is not None:
            await self.after_commit(committed)

    async def transact(
        self, work: Callable[[AsyncSession], Awaitable[T]], *, timeout: float | None = None, races: int = 1
    ) -> T:
        """Run ``work`` in a transaction, again after a deadlock or lock time-out, or when it was overtaken.

        ``timeout`` bounds it in seconds (a request's write); a commit cut off by it may have happened, so only
        idempotent work gets one. ``races`` is for work that looks whether a row is there before it makes one: how
        often it may run, each time with that limit, when somebody else makes the row in between. The next look
        finds it. Errors: StoreUnavailable; IntegrityError.
        """
        for attempt in range(1, races + 1):
            try:
                return await self._transact(work, timeout)
            except IntegrityError:
                if attempt == races:
                    raise
                log.info("transaction.raced", attempt=attempt)
        raise AssertionError("unreachable")

    async def _transact(self, work: Callable[[AsyncSession], Awaitable[T]], timeout: float | None) -> T:
        try:
            async with nullcontext() if timeout is None else self._within_for_change(timeout):
                result, session = await self._retrying(work)
        except Exception as error:
            if refuses_writes(error):
                self._note_refusal(error)
            if is_outage(error):
                raise StoreUnavailable(self._store) from error
            raise
        self._refused_until = 0.0
        # Outside of the limit: what is committed must not look as if it were not.
        await self._tell(session)
        return result

    def _note_refusal(self, error: Exception) -> None:
        now = time.monotonic()
        if now >= self._refused_until:
            log.warning("database.refuses_writes", reason=str(getattr(error, "orig", error))[:200])
        self._refused_until = now + _REMEMBERED

    async def _retrying(self, work: Callable[[AsyncSession], Awaitable[T]]) -> tuple[T, AsyncSession]:
        for attempt in range(1, _MAX_TRIES + 1):
            try:
                async with self._transaction() as session:
                    result = await work(session)
            except (DBAPIError, Overtaken) as error:
                if attempt == _MAX_TRIES or (isinstance(error, DBAPIError) and not is_conflict(error)):
                    raise
                log.info("transaction.retry", attempt=attempt, reason=type(getattr(error, "orig", error)).__name__)
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter
            else:
                return result, session
        raise AssertionError("unreachable")

    async def close(self) -> None:
        if self._lookout is not None:
            await self._lookout.close()
        await self.engine.dispose()


def _make_engine(dsn: str, is_sqlite: bool, pool_size: int, timeout: float) -> AsyncEngine:
    # Bound values are people's e-mails and hashes: they have no place in an error message.
    options: dict[str, Any] = {"json_serializer": _dump_json, "hide_parameters": True}
    if is_sqlite:
        engine = create_async_engine(dsn, connect_args={"timeout": 10}, pool_size=pool_size, **options)
        event.listen(engine.sync_engine, "do_connect", one_hop_sqlite.connect)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        event.listen(engine.sync_engine, "invalidate", _roll_back_sqlite)
        return engine
    engine = create_async_engine(
        dsn,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_LINE,
        pool_recycle=1800,
        connect_args={"connect_timeout": max(1, round(timeout)), "charset": "utf8mb4"},
        **options,
    )
    event.listen(engine.sync_engine, "connect", _prepare_mysql)
    event.listen(engine.sync_engine, "handle_error", _leave_read_only)
    return engine


def _dump_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN would come too late for BEGIN IMMEDIATE below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that later writes fails at once when another writer was faster.
    write = connection.get_execution_options().get("rushcart_write", False)
    driver: Any = connection.connection.dbapi_connection
    driver.begin("BEGIN IMMEDIATE" if write else "BEGIN")


def _roll_back_sqlite(connection: Any, _record: object, _error: BaseException | None) -> None:
    # A connection that is cut off with a statement under way lives on after its close, with its locks, for as long
    # as anybody has the statement: the traceback of the cancellation, say.
    with suppress(Exception):
        connection.rollback()


def _leave_read_only(context: ExceptionContext) -> None:
    # Of a primary that was demoted: what is at the address by now is found by new connections.
    if is_read_only(context.original_exception):
        context.is_disconnect = True


def _prepare_mysql(connection: Any, _record: object) -> None:
    # READ COMMITTED: no gap locks, so concurrent barrier inserts do not deadlock with each other.
    cursor = connection.cursor()
    cursor.execute("SET time_zone = '+00:00'")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.close()
