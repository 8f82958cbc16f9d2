"""Rows of jobs: who takes one, and who may end it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.due_queue import Backoff, DueQueue
from models import BulkJob
from models.enums import JobState
from services.bulk_job.rules import FILES_KEPT, MOST_PROBLEMS

LEASE: Final = timedelta(seconds=10)
QUEUE: Final = DueQueue(
    BulkJob,
    BulkJob.due_at,
    lease=Backoff(LEASE, most=timedelta(minutes=5)),
    batch=1,
    tries=BulkJob.runs,
    only=(BulkJob.state.in_((JobState.QUEUED, JobState.RUNNING)),),
)


class Overtaken(Exception):
    """The job is another's by now, or was cancelled: nothing of it may be written."""


@dataclass(slots=True)
class Run:
    """A worker's go at a job; ``number`` counts them. ``done`` of ``total``: products, places or orders.
    ``is_writing``: its transaction is under way.
    """

    job: BulkJob
    number: int
    done: int = 0
    total: int | None = None
    is_writing: bool = False

    def note(self, done: int, total: int) -> None:
        self.done, self.total = done, total


@dataclass(frozen=True, slots=True)
class Ended:
    """``problems``: line, column and message each."""

    state: JobState
    report: dict[str, int] = field(default_factory=dict)
    problems: Sequence[tuple[int, str, str]] = ()
    parts: int = 0
    bytes: int = 0


async def take_job(session: AsyncSession, now: datetime) -> Run | None:
    """Take the job that is due the longest, with its first lease."""
    found = list(await QUEUE.take(session, now))
    if not found:
        return None
    job = found[0]
    began = {} if job.started_at else {"started_at": now}
    await _update(session, job.id, job.runs, state=JobState.RUNNING, **began)
    return Run(job, job.runs)


async def keep_job(session: AsyncSession, run: Run, until: datetime) -> None:
    """Put off when another may take the job. Errors: Overtaken."""
    await _update(session, run.job.id, run.number, due_at=until, done=run.done, total=run.total)


async def end_job(session: AsyncSession, run: Run, ended: Ended, now: datetime) -> None:
    """Say how a job ended, in the transaction of what it wrote. Errors: Overtaken."""
    await _update(
        session,
        run.job.id,
        run.number,
        state=ended.state,
        report=ended.report or None,
        problems=[list(problem) for problem in ended.problems[:MOST_PROBLEMS]] or None,
        problem_count=len(ended.problems),
        parts_out=ended.parts,
        bytes_out=ended.bytes,
        done=run.done,
        total=run.total,
        due_at=None,
        finished_at=now,
        files_until=now + FILES_KEPT,
    )


async def _update(session: AsyncSession, job_id: UUID, run: int, **values: Any) -> None:
    """Errors: Overtaken."""
    still = (BulkJob.id == job_id, BulkJob.runs == run, BulkJob.state.in_((JobState.QUEUED, JobState.RUNNING)))
    changed = update(BulkJob).where(*still).values(values).execution_options(synchronize_session=False)
    result: CursorResult[Any] = await session.execute(changed)  # type: ignore[assignment]
    if not result.rowcount:
        raise Overtaken
