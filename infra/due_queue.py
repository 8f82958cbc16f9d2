"""Rows of a table that wait for their time: any number of workers take what is due, and none waits for another."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Exists, GenerativeSelect, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, load_only
from sqlalchemy.orm.attributes import set_committed_value

R = TypeVar("R", bound=DeclarativeBase)
T = TypeVar("T")
S = TypeVar("S", bound=GenerativeSelect)
_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long until the next try: ``first``, then each time ``factor`` times that, from ``least`` to ``most``."""

    first: timedelta
    factor: int = 2
    least: timedelta = timedelta(0)
    most: timedelta = timedelta.max

    def after(self, tries: int) -> timedelta:
        """Returns the wait after so many tries; after none it is ``first``."""
        grown: timedelta = self.first * self.factor ** min(tries, _DOUBLINGS)
        return min(max(grown, self.least), self.most)


def always(wait: timedelta) -> Backoff:
    return Backoff(wait, factor=1)


def take_free(found: S, order: ColumnElement[Any] | InstrumentedAttribute[Any], batch: int) -> S:
    """Limit the statement to a batch, locked. What another worker has locked is passed over, not waited for."""
    return found.order_by(order).limit(batch).with_for_update(skip_locked=True)


@dataclass(frozen=True, slots=True)
class DueQueue(Generic[R]):
    """Who takes a row puts its time off by ``lease``: until that is over it is theirs, and if they die, another's.

    ``due``: the column of the time; with ``at_once`` a row without one is due as well. ``tries``: the column that
    counts how often it was taken. ``only``: rows for which this does not hold are not of the queue. ``columns``:
    what is read, if not all of them.
    """

    row: type[R]
    due: InstrumentedAttribute[Any]
    lease: Backoff
    batch: int
    tries: InstrumentedAttribute[Any] | None = None
    only: tuple[ColumnElement[bool], ...] = ()
    columns: tuple[InstrumentedAttribute[Any], ...] = ()
    order: InstrumentedAttribute[Any] | None = None
    at_once: bool = False

    def is_due(self, now: Any) -> ColumnElement[bool]:
        come = or_(self.due.is_(None), self.due < now) if self.at_once else self.due <= now
        return and_(*self.only, come)

    def any_due(self, now: Any) -> Exists:
        """Returns whether anything is due, as an expression: for a look at many queues in one statement."""
        return exists(select(self.due).where(self.is_due(now)))

    async def take(self, session: AsyncSession, now: datetime, *only: ColumnElement[bool]) -> Sequence[R]:
        """Take a batch of what is due, the longest due first; it is ours once this transaction is committed."""
        wanted = select(self.row).where(self.is_due(now), *only)
        if self.columns:
            wanted = wanted.options(load_only(*self.columns))
        order = self.due if self.order is None else self.order
        rows = (await session.scalars(take_free(wanted, order, self.batch))).all()
        alike: dict[int, list[R]] = defaultdict(list)
        for row in rows:
            alike[self._tries(row)].append(row)
        for tries, those in alike.items():
            await self._put_off(session, those, now, tries)
        return rows

    def hold(self, row: R, now: datetime) -> None:
        """Take a row that this transaction made, or has locked."""
        for name, value in self._taken(now, self._tries(row)).items():
            setattr(row, name, value)

    def _tries(self, row: R) -> int:
        return 0 if self.tries is None else int(getattr(row, self.tries.key))

    def _taken(self, now: datetime, tries: int) -> dict[str, object]:
        counted = {} if self.tries is None else {self.tries.key: tries + 1}
        return {self.due.key: now + self.lease.after(tries), **counted}

    async def _put_off(self, session: AsyncSession, rows: list[R], now: datetime, tries: int) -> None:
        """One statement for those that were taken as often: their lease is the same."""
        taken, [identity] = self._taken(now, tries), self.row.__mapper__.primary_key
        ids = [getattr(row, str(identity.key)) for row in rows]
        off = update(self.row).where(identity.in_(ids)).values(taken)
        await session.execute(off.execution_options(synchronize_session=False))
        for row in rows:
            for name, value in taken.items():
                set_committed_value(row, name, value)


async def serve(taken: Iterable[T], work: Callable[[T], Awaitable[object]]) -> int:
    """Do all at once; one that failed is raised when the others have come to their end. Returns how many."""
    results = await asyncio.gather(*map(work, taken), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return len(results)
