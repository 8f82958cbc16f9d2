"""Find the file of an export, for who has a link to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from infra.runtime import Infra
from models import BulkJob
from models.enums import JobState
from services.bulk_job.rules import PART, is_good, part_name


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """``parts``: names in the store, each of ``part_size`` bytes but the last; ``name`` has no extension."""

    name: str
    size: int
    parts: Sequence[str]
    part_size: int


async def find_file(infra: Infra, job_id: UUID, expires: str, signature: str) -> ExportedFile | None:
    """Returns None for a link that is not good, and for a file that is gone. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        job = await session.get(BulkJob, job_id)
    if job is None or job.state != JobState.DONE or job.files_until is None:
        return None
    if not is_good(job.file_key, expires, signature, infra.now()):
        return None
    parts = [part_name(job.file_key, f"out:{job.runs}", part) for part in range(job.parts_out)]
    name = f"{job.kind.lower().replace('_', '-')}-{job.created_at:%Y-%m-%d}"
    return ExportedFile(name, job.bytes_out, parts, PART)
