"""What a saga is made of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.shared.refused import Refused


@dataclass(frozen=True, slots=True)
class Job:
    """The saga that a step is done for; ``data`` is what it was begun with, ``traceparent`` the trace that it is
    done in."""

    id: UUID
    owner_id: UUID
    data: dict[str, Any]
    traceparent: str | None = None


Act = Callable[[AsyncSession, Job, datetime], Awaitable[None]]
"""In a transaction that the runner makes. A ServiceError refuses: the steps before are undone."""


@dataclass(frozen=True, slots=True)
class ForAll:
    """An act that is done for any number of jobs in one go. What it refuses it raises in a Refused.

    ``only``: jobs that it is for; there is nothing to do for others. One that goes ``with_next`` refuses nothing,
    and is done in the transaction of the step after it.
    """

    work: Callable[[AsyncSession, Sequence[Job], datetime], Awaitable[None]]
    only: Callable[[Job], bool] | None = None
    with_next: bool = False

    def is_for(self, job: Job) -> bool:
        return self.only is None or self.only(job)

    async def __call__(self, session: AsyncSession, job: Job, now: datetime) -> None:
        """Errors: ServiceError."""
        if not self.is_for(job):
            return
        try:
            await self.work(session, [job], now)
        except Refused as refused:
            raise refused.errors[job.id] from None


@dataclass(frozen=True, slots=True)
class Step:
    """``name`` is its branch of the barrier. ``undo`` of a step that nothing can fail after is None."""

    name: str
    act: Act
    undo: Act | None


@dataclass(frozen=True, slots=True)
class Finish:
    """Outside of a transaction, after the last step: done until it succeeds, so twice must be harmless."""

    name: str
    act: Callable[[Infra, Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """``given_up`` is done in the transaction that ends an undone saga. ``whole``: all steps of sagas that begin,
    in the transaction that begins them, where one database has all of it; each leaves its row in the barrier. What
    it refuses it raises in a Refused.
    """

    kind: str
    steps: tuple[Step, ...]
    finish: tuple[Finish, ...]
    given_up: Act
    whole: Callable[[AsyncSession, Sequence[Job], datetime], Awaitable[None]] | None = None

    def names(self) -> tuple[str, ...]:
        return (*(step.name for step in self.steps), *(finish.name for finish in self.finish))


Plans = Mapping[str, Plan]
"""By their kinds."""
