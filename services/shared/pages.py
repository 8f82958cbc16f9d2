"""Keyset pages of what is sorted by its id, newest first: ids are UUIDv7, so the order is that of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from infra.runtime import Infra

S = TypeVar("S", bound=Select[Any])
T = TypeVar("T")


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class KeyPage(Generic[K]):
    """Up to ``limit`` rows after one key and before another; the last of them when ``backwards``."""

    limit: int
    after: K | None = None
    before: K | None = None
    backwards: bool = False

    def cut(self, rows: Sequence[T]) -> "Cut[T]":
        """Make the page, in the order of the list, from up to one row more than it has."""
        more, kept = len(rows) > self.limit, rows[: self.limit]
        if self.backwards:
            return Cut(kept[::-1], has_next=self.before is not None, has_previous=more)
        return Cut(kept, has_next=more, has_previous=self.after is not None)


@dataclass(frozen=True, slots=True)
class IdPage(KeyPage[UUID]):
    """Of what is sorted by its id."""

    def narrow(self, statement: S, id_: InstrumentedAttribute[UUID]) -> S:
        """Returns the statement for the page and one row more, which tells whether there is another page."""
        if self.after is not None:
            statement = statement.where(id_ < self.after)
        if self.before is not None:
            statement = statement.where(id_ > self.before)
        return statement.order_by(id_.asc() if self.backwards else id_.desc()).limit(self.limit + 1)

    def holds(self, id_: UUID) -> bool:
        """Returns whether the id is between the two."""
        return (self.after is None or id_ < self.after) and (self.before is None or id_ > self.before)


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    rows: Sequence[T]
    has_next: bool
    has_previous: bool


async def read_page(infra: Infra, statement: Select[T], id_: InstrumentedAttribute[UUID], page: IdPage) -> Cut[T]:
    """Read a page by one statement. Errors: StoreUnavailable."""

    async def read(session: AsyncSession) -> Cut[T]:
        return page.cut((await session.scalars(page.narrow(statement, id_))).all())

    return await infra.listings.read(read)


async def read_count(infra: Infra, statement: Select[int]) -> int:
    """Read a count. Errors: StoreUnavailable."""

    async def read(session: AsyncSession) -> int:
        return await session.scalar(statement) or 0

    return await infra.listings.read(read)
