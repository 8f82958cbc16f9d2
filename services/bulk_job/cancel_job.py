"""Cancel a job that has not ended: nothing of an import is written, and an export has no file."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import BulkJob
from models.enums import JobKind, JobState
from services.audit.record import record
from services.bulk_job.keys import tell_cancelled
from services.bulk_job.rules import FILES_KEPT, OPEN
from services.bulk_job.views import JobView, require_job
from services.shared.patience import or_try_again, transact_for_request


async def cancel_job(infra: Infra, job_id: UUID, kinds: Collection[JobKind], by: UUID) -> JobView:
    """Returns the job; one that has ended is left as it is. ``kinds``: those that the viewer may have.

    Errors: NotFound, TryAgain: it is told to stop, but who holds the database has not let go of it yet.
    """
    now = infra.now()

    async def work(session: AsyncSession) -> None:
        still = update(BulkJob).where(BulkJob.id == job_id, BulkJob.state.in_(OPEN))
        values = {"state": JobState.CANCELLED, "due_at": None, "finished_at": now, "files_until": now + FILES_KEPT}
        done: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
            still.values(values), execution_options={"synchronize_session": False}
        )
        if done.rowcount:
            record(session, "job.cancelled", now=now, subject=job_id, actor=by)

    with or_try_again():
        await require_job(infra, job_id, kinds)
        with suppress(StoreUnavailable):  # then the worker sees it by the row
            await tell_cancelled(infra, job_id)
        await transact_for_request(infra, work)
        return await require_job(infra, job_id, kinds)
