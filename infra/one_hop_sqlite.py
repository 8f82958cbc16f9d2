"""SQLite with one change of threads a statement.

aiosqlite runs each call in a thread of the connection, and SQLAlchemy makes four of a SELECT: open a cursor,
execute, fetch, close. To begin a transaction is three more. To go there and back is most of what it costs.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Has nothing in the database that is open: what was asked is here."""

    __slots__ = ("_asked",)
    _adapt_connection: "Connection"

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._rows = deque()
        self._asked: _Answer | None = None

    @property
    def description(self) -> Any:
        return self._asked and self._asked.description

    @property
    def rowcount(self) -> int:
        return self._asked.rowcount if self._asked else -1

    @property
    def lastrowid(self) -> Any:
        return self._asked and self._asked.lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._ask(lambda cursor: cursor.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._ask(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _ask(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        self._asked = self._adapt_connection.in_its_thread(lambda database: _Answer(database, statement))
        self._rows = deque(self._asked.rows)

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        pass


class _Answer:
    """All of a statement's result. Made in the connection's thread."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, database: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]) -> None:
        cursor = database.cursor()
        try:
            statement(cursor)
            self.description = cursor.description
            self.rows: Sequence[Any] = cursor.fetchall() if cursor.description else ()
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_has_begun")
    _cursor_cls = Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._has_begun = False

    def begin(self, statement: str) -> None:
        """Begin a transaction by ``statement`` together with the first one that is executed in it."""
        self._begin = statement

    def in_its_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Returns what ``work`` does. Errors: those of sqlite3."""
        begin, self._begin = self._begin, None
        self._has_begun = self._has_begun or begin is not None
        aio = self._connection

        def run() -> T:
            if begin is not None:
                aio._conn.execute(begin).close()
            return work(aio._conn)

        try:
            done: T = await_(aio._execute(run))
        except Exception as error:
            self._handle_exception(error)
        return done

    def commit(self) -> None:
        self._end(super().commit)

    def rollback(self) -> None:
        self._end(super().rollback)

    def _end(self, end: Callable[[], None]) -> None:
        self._begin = None
        if self._has_begun:
            end()
            self._has_begun = False


def connect(dialect: Any, _record: object, arguments: Any, options: Any) -> Connection:
    """Returns a connection, for SQLAlchemy's event ``do_connect``."""
    made = dialect.connect(*arguments, **options)
    return Connection(made.dbapi, made._connection)
