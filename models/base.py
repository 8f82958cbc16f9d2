"""The declarative base: constraint names that migrations can rely on, and InnoDB with utf8mb4."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from models.types import UtcDateTime, UuidBinary

# Primary keys have no name: MySQL calls every one PRIMARY, and warns about another.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
MYSQL = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
}
BY_MIGRATION = {"server_default": "by migration"}
"""``info`` of a column whose default in the database is there only for servers that do not know the column yet."""
RETIRED_TABLES = frozenset({"search_postings", "search_words"})
"""Those that no model has any more. They stay in the database for servers of a release before."""


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {UUID: UuidBinary, datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own hook
    __table_args__: object = MYSQL
