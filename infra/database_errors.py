"""What a database's error tells: by its class and its number, never by its words."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infra.ended import has_ended
from infra.errors import StoreUnavailable

# MySQL: 1205 lock wait time-out, 1213 deadlock.
_CONFLICTS: Final = frozenset({1205, 1213})
# Wrong data, which the driver calls operational like everything that it does not know: 1292 and 1366 a value that
# the column cannot hold, 1690 a number out of range, 3819 (MySQL) and 4025 (MariaDB) a violated CHECK.
_DATA: Final = frozenset({1292, 1366, 1690, 3819, 4025})
# --read-only and super_read_only, a table, a transaction, and InnoDB itself.
_READ_ONLY: Final = frozenset({1290, 1036, 1792, 1836})
# The disk, a file that cannot be written, a table, the undo log; 1030 is what an engine says of its files.
_FULL: Final = frozenset({1021, 1026, 1030, 1114, 3019})
# Below it are the errors of the server's own files: internal, as the driver calls them, and nothing of ours.
_OF_FILES: Final = 1000


def is_conflict(error: DBAPIError) -> bool:
    """Returns whether it is a deadlock or lock time-out: the same transaction may succeed when run again."""
    return _number(error) in _CONFLICTS or _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_outage(error: BaseException) -> bool:
    """Returns whether the database is away or cannot do it now, as against wrong data or a wrong statement."""
    if isinstance(error, PoolTimeout | TimeoutError | OSError | InterfaceError | StoreUnavailable):
        return True
    if has_ended(error):
        return True
    if isinstance(error, OperationalError):
        return _number(error) not in _DATA
    if isinstance(error, InternalError) and _is_of_files(error):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_read_only(error: BaseException) -> bool:
    """Returns whether it only lets read: it was demoted, or somebody maintains it."""
    return _number(error) in _READ_ONLY or _sqlite_code(error) == sqlite3.SQLITE_READONLY


def refuses_writes(error: BaseException) -> bool:
    """Returns whether reads may go on while no write succeeds: it is read-only, or there is no room."""
    full = _number(error) in _FULL or _is_of_files(error)
    return full or is_read_only(error) or _sqlite_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _is_of_files(error: BaseException) -> bool:
    number = _number(error)
    return number is not None and 0 < number < _OF_FILES


def _number(error: BaseException) -> int | None:
    """Returns MySQL's; SQLite has none."""
    said = getattr(getattr(error, "orig", error), "args", ())
    return said[0] if said and isinstance(said[0], int) else None


def _sqlite_code(error: BaseException) -> int | None:
    """Returns the primary code: the rest of the bits says more of the same."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
