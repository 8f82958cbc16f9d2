"""Statements compiled once a process, as in a server that runs for days: each test has engines of its own, and
would begin again. A third of the tests' time went into it.
"""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.util import LRUCache

_DIALECTS = ("sqlite.aiosqlite", "mysql.asyncmy")
_COMPILED: LRUCache[Any, Any] = LRUCache(4_000)


def compile_once() -> None:
    """From now on, in this process. What is kept is found by an engine's dialect, so these are made equal."""
    for name in _DIALECTS:
        dialect = registry.load(name)
        dialect.__hash__, dialect.__eq__ = _hash, _equal
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)


def _hash(dialect: Dialect) -> int:
    return hash(type(dialect))


def _equal(one: Dialect, other: object) -> bool:
    return type(one) is type(other) and _what_it_can(one) == _what_it_can(other)


def _what_it_can(dialect: Dialect) -> tuple[object, bool]:
    return getattr(dialect, "server_version_info", None), dialect.insert_returning
