"""A step through the barrier: done once, undone once, and not done any more once it is undone."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.saga.plan import Job, Step
from services.shared.barrier import ACT, UNDO, enter


async def act(session: AsyncSession, step: Step, job: Job, now: datetime) -> bool:
    """False when it was done before (a duplicate), or its undo was faster (it hung somewhere, and is too late)."""
    if not await enter(session, [job.id], ACT, now, branch=step.name):
        return False
    await step.act(session, job, now)
    return True


async def undo(session: AsyncSession, step: Step, job: Job, now: datetime) -> bool:
    """False when there is nothing to undo: it was never done (null compensation), or it is undone already."""
    never_ran = await enter(session, [job.id], ACT, now, UNDO, branch=step.name)
    # Always both rows: the next undo must not take the first one's for that of an act.
    first = await enter(session, [job.id], UNDO, now, branch=step.name)
    if never_ran or not first:
        return False
    assert step.undo is not None
    await step.undo(session, job, now)
    return True
