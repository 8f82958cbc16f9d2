"""What Redis knows of a job that runs: how far it is, and whether it is to stop."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from infra.errors import StoreUnavailable
from infra.runtime import Infra

_KEPT: Final = 3600


def _progress(job_id: UUID) -> str:
    return f"bulk_job:{job_id.hex}"


def _cancelled(job_id: UUID) -> str:
    return f"bulk_job:{job_id.hex}:cancelled"


async def tell_progress(infra: Infra, job_id: UUID, done: int, total: int | None) -> bool:
    """Returns whether the job is to stop. While Redis is away nothing is told, and nobody is stopped this way."""
    name = _progress(job_id)
    try:
        *_, cancelled = await infra.redis.execute(
            ("HSET", name, "done", done, "total", "" if total is None else total),
            ("EXPIRE", name, _KEPT),
            ("GET", _cancelled(job_id)),
        )
    except StoreUnavailable:
        return False
    return cancelled is not None


async def tell_cancelled(infra: Infra, job_id: UUID) -> None:
    """Errors: StoreUnavailable."""
    await infra.redis.execute(("SET", _cancelled(job_id), "1", "EX", _KEPT))


async def progress_of(infra: Infra, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int | None]]:
    """Returns how far those are that are known to run; nothing while Redis is away."""
    try:
        found = await infra.redis.execute(*(("HMGET", _progress(id_), "done", "total") for id_ in ids))
    except StoreUnavailable:
        return {}
    pairs = zip(ids, found, strict=True)
    return {id_: (int(done), int(total) if total else None) for id_, (done, total) in pairs if done is not None}
