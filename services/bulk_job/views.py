"""Jobs as staff see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import BulkJob
from models.enums import JobKind, JobState
from services.bulk_job.keys import progress_of
from services.shared.errors import NotFound
from services.shared.pages import Cut, IdPage, read_page


@dataclass(frozen=True, slots=True)
class JobView:
    """``row`` as it was last written; ``done`` of ``total`` as they are now."""

    row: BulkJob
    done: int
    total: int | None

    @property
    def id(self) -> UUID:
        return self.row.id


async def find_jobs(infra: Infra, ids: Collection[UUID], kinds: Collection[JobKind]) -> dict[UUID, JobView]:
    """Find jobs of these kinds. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        wanted = select(BulkJob).where(BulkJob.id.in_(ids), BulkJob.kind.in_(kinds))
        rows = list(await session.scalars(wanted))
    return {view.id: view for view in await _views(infra, rows)}


async def require_job(infra: Infra, job_id: UUID, kinds: Collection[JobKind]) -> JobView:
    """Errors: NotFound, StoreUnavailable."""
    found = (await find_jobs(infra, [job_id], kinds)).get(job_id)
    if found is None:
        raise NotFound("There is no such job.")
    return found


async def list_jobs(
    infra: Infra, kinds: Collection[JobKind], states: Collection[JobState] | None, page: IdPage
) -> Cut[JobView]:
    """Returns a page of jobs, the newest first; one statement. Errors: StoreUnavailable."""
    wanted = select(BulkJob).where(BulkJob.kind.in_(kinds))
    if states is not None:
        wanted = wanted.where(BulkJob.state.in_(states))
    cut = await read_page(infra, wanted, BulkJob.id, page)
    return Cut(await _views(infra, cut.rows), cut.has_next, cut.has_previous)


async def _views(infra: Infra, rows: Sequence[BulkJob]) -> list[JobView]:
    running = [row.id for row in rows if row.state == JobState.RUNNING]
    known = await progress_of(infra, running) if running else {}
    return [JobView(row, *known.get(row.id, (row.done, row.total))) for row in rows]
