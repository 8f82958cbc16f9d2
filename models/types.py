"""Column types that mean the same on SQLite and on MySQL/MariaDB."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BINARY, CHAR, BigInteger, DateTime, Integer, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UuidBinary(TypeDecorator[UUID]):
    """A UUID in 16 bytes: BINARY(16) on MySQL; UUIDv7 sorts by time in it."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BINARY(16) if dialect.name in ("mysql", "mariadb") else LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(bytes=bytes(value))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds: DATETIME(6) on MySQL. A naive value is a bug and refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class ExactText(TypeDecorator[str]):
    """Text compared byte by byte. MySQL's default collations fold case and accents, and its utf8mb4_bin still
    takes "k" and "k " for one key, which Redis and SQLite do not. MySQL 8.0.17+, MariaDB 10.2+.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name not in ("mysql", "mariadb"):
            return dialect.type_descriptor(String(self.length))
        collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
        return dialect.type_descriptor(mysql.VARCHAR(self.length, collation=collation))


def exact_text(length: int) -> ExactText:
    """Make a column type of text compared byte by byte: SKUs, slugs, keys."""
    return ExactText(length)


def code_text(length: int) -> TypeEngine[str]:
    """Make a column type of a short ASCII code of fixed length, e.g. a currency."""
    return CHAR(length)


# Minor units (cents) of a currency. SQLite only makes a rowid alias of INTEGER, so plain BIGINT is right.
MinorUnits = BigInteger
Quantity = Integer
