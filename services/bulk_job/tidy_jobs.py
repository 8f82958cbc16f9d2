"""Delete the files of jobs a week after their end, the jobs after a month; give up those whose file never came."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import BulkJob
from models.enums import JobState
from services.bulk_job.rules import FILES_KEPT, JOBS_KEPT, UPLOAD_TAKES, part_name

_BATCH: Final = 100


async def tidy_jobs(infra: Infra) -> int:
    """Returns how many jobs have no files any more. Errors: StoreUnavailable."""
    await infra.database.transact(lambda session: _give_up(session, infra), timeout=WORKERS_PATIENCE)
    async with infra.database.read() as session:
        wanted = select(BulkJob).where(BulkJob.files_until < infra.now()).order_by(BulkJob.files_until)
        jobs = list(await session.scalars(wanted.limit(_BATCH)))
    for job in jobs:
        await _delete_files(infra, job)
    ids = [job.id for job in jobs]
    await infra.database.transact(lambda session: _forget(session, infra, ids), timeout=WORKERS_PATIENCE)
    return len(jobs)


async def _give_up(session: AsyncSession, infra: Infra) -> None:
    now = infra.now()
    never_came = (BulkJob.state == JobState.UPLOADING, BulkJob.created_at < now - UPLOAD_TAKES)
    values = {"state": JobState.CANCELLED, "finished_at": now, "files_until": now + FILES_KEPT}
    given_up = update(BulkJob).where(*never_came).values(values)
    await session.execute(given_up, execution_options={"synchronize_session": False})


async def _delete_files(infra: Infra, job: BulkJob) -> None:
    """Also what workers left that died: the last part first, so that none is ever behind a gap.

    Errors: StoreUnavailable.
    """
    for way in ("in", *(f"out:{run}" for run in range(1, job.runs + 1))):
        part = 0
        while await infra.blobs.size(part_name(job.file_key, way, part)) is not None:
            part += 1
        for one in reversed(range(part)):
            await infra.blobs.delete(part_name(job.file_key, way, one))


async def _forget(session: AsyncSession, infra: Infra, ids: list[UUID]) -> None:
    done = {"synchronize_session": False}
    await session.execute(
        update(BulkJob).where(BulkJob.id.in_(ids)).values(files_until=None), execution_options=done
    )
    old = (
        BulkJob.created_at < infra.now() - JOBS_KEPT,
        BulkJob.files_until.is_(None),
        BulkJob.finished_at.is_not(None),
    )
    await session.execute(delete(BulkJob).where(*old), execution_options=done)
