"""Take a job that is due, and do it: begun anew, whatever another worker had done of it."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog

from infra.cancellation import cancel_and_wait
from infra.database import WORKERS_PATIENCE
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.enums import JobState
from services.bulk_job.bring_file import bring_file
from services.bulk_job.keys import tell_progress
from services.bulk_job.rows import LEASE, Ended, Overtaken, Run, end_job, keep_job, take_job
from services.bulk_job.rules import IMPORTS, MOST_RUNS
from services.bulk_job.write_file import write_file

log = structlog.get_logger(__name__)
_LOOK: Final = 0.5
_RENEW: Final = LEASE.total_seconds() / 4
_FAULT: Final = "It could not be done; the log of the worker says why."
_TOO_OFTEN: Final = f"{MOST_RUNS} workers ended while they were at it."


async def run_job(infra: Infra) -> int:
    """Do one job to its end; returns how many there were to be done: one or none. Errors: StoreUnavailable."""
    run = await infra.database.transact(lambda session: take_job(session, infra.now()), timeout=WORKERS_PATIENCE)
    if run is None:
        return 0
    log.info("job.taken", job_id=run.job.id.hex, kind=run.job.kind, run=run.number)
    with suppress(Overtaken):
        await _do(infra, run)
    return 1


async def _do(infra: Infra, run: Run) -> None:
    """Errors: StoreUnavailable, Overtaken."""
    if run.number > MOST_RUNS:
        await _end(infra, run, Ended(JobState.FAILED, problems=[(0, "", _TOO_OFTEN)]))
        return
    do = bring_file if run.job.kind in IMPORTS else write_file
    working, keeping = asyncio.create_task(do(infra, run)), asyncio.create_task(_keep(infra, run))
    try:
        await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await cancel_and_wait(working, keeping)
        await _let_go(infra, run)
        raise
    is_stopped = not working.done()
    await cancel_and_wait(working, keeping)
    if is_stopped:
        # The row says so already, unless an import had the one writer that there is.
        await _end(infra, run, Ended(JobState.CANCELLED))
    else:
        await _note_end(infra, run, working.exception())


async def _note_end(infra: Infra, run: Run, error: BaseException | None) -> None:
    """Errors: StoreUnavailable, Overtaken."""
    if error is None:
        log.info("job.ended", job_id=run.job.id.hex, kind=run.job.kind)
    elif isinstance(error, StoreUnavailable | Overtaken):
        raise error
    else:
        log.error("job.failed", job_id=run.job.id.hex, kind=run.job.kind, exc_info=error)
        await _end(infra, run, Ended(JobState.FAILED, problems=[(0, "", _FAULT)]))


async def _keep(infra: Infra, run: Run) -> None:
    """Returns when the job is to stop. Errors: Overtaken."""
    renewed = monotonic()
    while not await tell_progress(infra, run.job.id, run.done, run.total):
        await asyncio.sleep(_LOOK)
        if monotonic() - renewed < _RENEW or (run.is_writing and infra.database.is_sqlite):
            continue  # an import that has the one writer: nobody else could take the job either
        with suppress(StoreUnavailable):
            await infra.database.transact(
                lambda session: keep_job(session, run, infra.now() + LEASE), timeout=WORKERS_PATIENCE
            )
        renewed = monotonic()


async def _let_go(infra: Infra, run: Run) -> None:
    """Another worker may take the job at once, as this one is to stop."""
    with suppress(StoreUnavailable, Overtaken):
        await infra.database.transact(
            lambda session: keep_job(session, run, infra.now()), timeout=WORKERS_PATIENCE
        )


async def _end(infra: Infra, run: Run, ended: Ended) -> None:
    """Errors: StoreUnavailable, Overtaken."""
    await infra.database.transact(
        lambda session: end_job(session, run, ended, infra.now()), timeout=WORKERS_PATIENCE
    )
