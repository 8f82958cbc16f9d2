"""An INSERT that leaves rows that are there already as they are, on each of our databases."""

from sqlalchemy import Insert, Table, insert
from sqlalchemy.orm import DeclarativeBase

_WORDS = {"mysql": "IGNORE", "mariadb": "IGNORE", "sqlite": "OR IGNORE"}


def insert_ignoring(table: type[DeclarativeBase] | Table) -> Insert:
    """Make an INSERT that ignores what is there; its row count is that of the new rows.

    Who inserts the same key at the same time waits for the other.
    """
    statement = insert(table)
    for dialect, words in _WORDS.items():
        statement = statement.prefix_with(words, dialect=dialect)
    return statement
