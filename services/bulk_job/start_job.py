"""Start a job: a row that a worker takes, and of an import the file."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import BulkJob
from models.enums import JobKind, JobState
from services.audit.record import record
from services.bulk_job.rules import MOST_OPEN, OPEN, PART, part_name
from services.bulk_job.views import JobView, require_job
from services.media.rules import Upload
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, TryAgain
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again, transact_for_request

_LATER_MS: Final = 60_000
CONTENT_TYPE: Final = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class JobWish:
    """``options`` are JSON; ``file`` is what an import reads."""

    kind: JobKind
    options: Mapping[str, Any] = field(default_factory=dict)
    file: Upload | None = None


async def start_job(infra: Infra, wish: JobWish, asked: Asked) -> JobView:
    """Returns the job, or as it is now when the key started it earlier.

    Errors: InvalidInput (an empty file), IdempotencyConflict, TryAgain, also for too many that have not ended.
    """
    if wish.file is not None and not wish.file.size:
        raise InvalidInput.at("file", message="is empty")
    options, digest = orjson.dumps(wish.options, option=orjson.OPT_SORT_KEYS).decode(), await _digest(wish.file)
    request = Request.of(asked.by, f"start:{wish.kind}", asked.key, options, digest)
    job_id = new_id()

    async def work(session: AsyncSession) -> None:
        await _write_row(session, infra, job_id, wish, asked)

    with or_try_again():
        found = await require_job(infra, await do_once(infra, request, job_id, work), [wish.kind])
        if wish.file is None or found.row.state != JobState.UPLOADING:
            return found
        # Also of a key whose first time got no further.
        await _store_file(infra, found.row, wish.file)
        return await require_job(infra, found.id, [wish.kind])


async def _write_row(session: AsyncSession, infra: Infra, job_id: UUID, wish: JobWish, asked: Asked) -> None:
    """Errors: TryAgain."""
    still_open = select(func.count()).select_from(BulkJob).where(BulkJob.state.in_(OPEN))
    if (await session.scalar(still_open) or 0) >= MOST_OPEN:
        raise TryAgain(_LATER_MS)
    now = infra.now()
    row = BulkJob(
        id=job_id,
        kind=wish.kind,
        state=JobState.QUEUED if wish.file is None else JobState.UPLOADING,
        options=dict(wish.options),
        file_key=secrets.token_hex(32),
        actor=asked.actor,
        due_at=now if wish.file is None else None,
        created_at=now,
    )
    session.add(row)
    record(session, "job.started", now=now, subject=job_id, actor=asked.by, details={"kind": wish.kind.value})


async def _store_file(infra: Infra, job: BulkJob, file: Upload) -> None:
    """Errors: StoreUnavailable."""
    parts = 0
    async for part in _parts(file):
        await infra.blobs.put(part_name(job.file_key, "in", parts), part, CONTENT_TYPE, private=True)
        parts += 1

    async def queue(session: AsyncSession) -> None:
        uploaded = update(BulkJob).where(BulkJob.id == job.id, BulkJob.state == JobState.UPLOADING)
        await session.execute(
            uploaded.values(state=JobState.QUEUED, parts_in=parts, due_at=infra.now()),
            execution_options={"synchronize_session": False},
        )

    await transact_for_request(infra, queue)


async def _digest(file: Upload | None) -> str | None:
    if file is None:
        return None
    digest = sha256()
    async for part in _parts(file):
        digest.update(part)
    return digest.hexdigest()


async def _parts(file: Upload) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.file.seek, 0)
    while part := await asyncio.to_thread(file.file.read, PART):
        yield part
