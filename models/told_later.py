"""Rows whose changes the worker tells of: they remember that they are to be told of until it has done so."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import String, event, inspect
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from infra.clock import utc_now
from infra.database import WriteSession


class Telling(StrEnum):
    """As what a row is to be told of."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    ARCHIVED = "ARCHIVED"
    ERASED = "ERASED"
    ABANDONED = "ABANDONED"


class ToldLater:
    """``tell_at``: when an event is to tell of the row, ``tell_as`` which. Both are set in the transaction of the
    change and cleared in the one that puts the event into the outbox: what changes in between is told once.
    """

    tell_at: Mapped[datetime | None] = mapped_column(index=True)
    tell_as: Mapped[Telling | None] = mapped_column(String(16))


class NotedWhenChanged(ToldLater):
    """Set by the session itself, so that no verb has to think of it; statements past the unit of work are not
    seen."""

    def what_to_tell(self, *, is_new: bool) -> Telling | None:
        """Returns as what the change that is about to be written is told, if at all."""
        raise NotImplementedError

    def tell_soon(self, what: Telling) -> None:
        """Have it told of. One that is not yet told of as new stays so, until it is erased."""
        if self.tell_as == Telling.CREATED and what != Telling.ERASED:
            what = Telling.CREATED
        self.tell_at, self.tell_as = utc_now(), what
        # The same columns in each row: those that differ in them would be a statement each.
        for name in _COLUMNS:
            flag_modified(self, name)


_COLUMNS: Final = ("tell_at", "tell_as")


def has_changed(row: object, *names: str) -> bool:
    """Returns whether a value of these is to be written."""
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names)


@event.listens_for(WriteSession, "before_flush")
def _note(session: Session, _context: object, _instances: object) -> None:
    for rows, is_new in ((session.new, True), (session.dirty, False)):
        for row in rows:
            if isinstance(row, NotedWhenChanged) and (what := row.what_to_tell(is_new=is_new)) is not None:
                row.tell_soon(what)
