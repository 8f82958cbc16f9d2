"""Run a saga to its end, from wherever it is. Any number of processes may at once: a step is done once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Saga, SagaState
from services.saga.plan import Job, Plan, Plans, Step
from services.shared.barrier import ACT, UNDO, enter
from services.shared.errors import ServiceError
from services.shared.patience import transact_for_request

log = structlog.get_logger(__name__)
LEASE: Final = timedelta(seconds=10)
"""After the last sign of life another process may go on."""
ENDED: Final = (SagaState.DONE, SagaState.UNDONE)
_MAX_FAILURE: Final = 500


@dataclass(frozen=True, slots=True)
class At:
    """How far it was at a look."""

    plan: Plan
    job: Job
    state: SagaState
    step: int


async def begin(
    session: AsyncSession, plan: Plan, job: Job, now: datetime, *, claim: UUID | None, mark: str | None
) -> None:
    """Begin a saga in the caller's transaction. Errors: IntegrityError, when another has the claim or the mark."""
    row = {
        "id": job.id,
        "kind": plan.kind,
        "owner_id": job.owner_id,
        "claim": claim,
        "mark": mark,
        "state": SagaState.RUNNING,
        "step": 0,
        "attempts": 0,
        "data": job.data,
        "created_at": now,
        "updated_at": now,
        "resume_at": now + LEASE,
    }
    await session.execute(insert(Saga), [row])


async def run_saga(infra: Infra, plans: Plans, saga_id: UUID) -> SagaState:
    """Run a saga's steps. Returns DONE, or UNDONE when it was refused earlier.

    Errors: the ServiceError that refused it, after all is undone; StoreUnavailable: it is resumed later.
    LookupError when there is no such saga.
    """
    refusal: ServiceError | None = None
    while (at := await look(infra, plans, saga_id)).state not in ENDED:
        try:
            await _advance(infra, at)
        except ServiceError as error:
            refusal = error
            await _turn_back(infra, at, error)
    if at.state == SagaState.UNDONE and refusal is not None:
        raise refusal
    return at.state


async def look(infra: Infra, plans: Plans, saga_id: UUID) -> At:
    """Errors: LookupError, StoreUnavailable."""
    async with infra.database.read() as session:
        row = await session.get(Saga, saga_id)
    if row is None:
        raise LookupError(f"no saga {saga_id}")
    return At(plans[row.kind], Job(row.id, row.owner_id, row.data), SagaState(row.state), row.step)


async def _advance(infra: Infra, at: At) -> None:
    """Go one step forward, or back. Errors: ServiceError, StoreUnavailable."""
    if at.state == SagaState.RUNNING and at.step >= len(at.plan.steps):
        await at.plan.finish[at.step - len(at.plan.steps)].act(infra, at.job)
    work = _undo_one if at.state == SagaState.UNDOING else _do_one
    await _transact(infra, lambda session: work(session, at, infra.now()))


async def _transact(infra: Infra, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    await transact_for_request(infra, work)


async def _do_one(session: AsyncSession, at: At, now: datetime) -> None:
    if not await _is_there(session, at):
        return
    if at.step < len(at.plan.steps):
        await act(session, at.plan.steps[at.step], at.job, now)
    done = at.step + 1 == len(at.plan.names())
    await _set(session, at, now, SagaState.DONE if done else SagaState.RUNNING, at.step + 1)


async def _undo_one(session: AsyncSession, at: At, now: datetime) -> None:
    if not await _is_there(session, at):
        return
    if at.step > 0:
        await undo(session, at.plan.steps[at.step - 1], at.job, now)
    if at.step > 1:
        await _set(session, at, now, SagaState.UNDOING, at.step - 1)
        return
    await at.plan.given_up(session, at.job, now)
    await _set(session, at, now, SagaState.UNDONE, 0)


async def _turn_back(infra: Infra, at: At, error: ServiceError) -> None:
    """From now on backwards. The step that refused is undone too: its undo sees to it that it stays undone."""
    if at.state != SagaState.RUNNING or at.step >= len(at.plan.steps) or at.plan.steps[at.step].undo is None:
        raise RuntimeError(f"saga {at.job.id}: {at.plan.names()[at.step]} may not refuse") from error
    failure = f"{error.code}: {error.message}"[:_MAX_FAILURE]

    async def work(session: AsyncSession) -> None:
        if await _is_there(session, at):
            await _set(session, at, infra.now(), SagaState.UNDOING, at.step + 1, failure=failure)

    await _transact(infra, work)


async def _is_there(session: AsyncSession, at: At) -> bool:
    """Lock the saga's row; returns False when another process has gone on meanwhile."""
    locked = select(Saga.state, Saga.step).where(Saga.id == at.job.id).with_for_update()
    row = (await session.execute(locked)).one()
    return (row.state, row.step) == (at.state, at.step)


async def _set(session: AsyncSession, at: At, now: datetime, state: SagaState, step: int, **others: Any) -> None:
    values: dict[str, Any] = {"state": state, "step": step, "updated_at": now, "resume_at": now + LEASE, **others}
    if state in ENDED:
        # What was ordered is in the order: nobody's address stays here.
        values |= {"resume_at": None, "claim": None, "data": {}}
        log.info("saga.ended", saga=at.job.id.hex, kind=at.plan.kind, state=state.value)
    if state == SagaState.UNDONE:
        values["mark"] = None
    await session.execute(
        update(Saga).where(Saga.id == at.job.id).values(values).execution_options(synchronize_session=False)
    )


async def act(session: AsyncSession, step: Step, job: Job, now: datetime) -> bool:
    """Do a step once.

    Returns False when it was done before (a duplicate), or its undo was faster (it hung somewhere, and is too
    late).
    """
    if not await enter(session, [job.id], ACT, now, branch=step.name):
        return False
    await step.act(session, job, now)
    return True


async def undo(session: AsyncSession, step: Step, job: Job, now: datetime) -> bool:
    """Undo a step once.

    Returns False when there is nothing to undo: it was never done (null compensation), or it is undone already.
    """
    never_ran = await enter(session, [job.id], ACT, now, UNDO, branch=step.name)
    # Always both rows: the next undo must not take the first one's for that of an act.
    first = await enter(session, [job.id], UNDO, now, branch=step.name)
    if never_ran or not first:
        return False
    assert step.undo is not None
    await step.undo(session, job, now)
    return True
