"""Run a saga to its end, from wherever it is. Any number of processes may at once: a step is done once.

Those that come to the same step at the same time take it together, in one transaction; the way back, which few
go, each goes alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from infra.telemetry import tracing
from models import Saga, SagaState
from services.saga.plan import ForAll, Job, Plan, Plans, Step
from services.shared.barrier import ACT, UNDO, enter
from services.shared.errors import ServiceError
from services.shared.patience import ask_together, transact_for_request
from services.shared.refused import Refused, do_the_rest

log = structlog.get_logger(__name__)
LEASE: Final = timedelta(seconds=10)
"""After the last sign of life another process may go on."""
ENDED: Final = (SagaState.DONE, SagaState.UNDONE)
_MAX_FAILURE: Final = 500


@dataclass(slots=True)
class At:
    """How far it is, as far as is known here. ``ahead``: by how many steps of what is written, which go with the
    next."""

    plan: Plan
    job: Job
    state: SagaState = SagaState.RUNNING
    step: int = 0
    ahead: int = 0

    @property
    def written(self) -> int:
        """The step that the row is at."""
        return self.step - self.ahead

    @property
    def is_placed(self) -> bool:
        """Whether all steps are done, and written: it is kept."""
        return self.state == SagaState.RUNNING and self.written >= len(self.plan.steps)


class _Ahead(Exception):
    """Another process has gone on with some of them: it is not known with which."""


def first_row(plan: Plan, job: Job, now: datetime, *, claim: UUID | None, mark: str | None) -> dict[str, Any]:
    """Returns the row of a saga that begins; of a plan that is done whole, with nothing left but to finish. To
    insert it is an IntegrityError when another has the claim or the mark."""
    return {
        "id": job.id,
        "kind": plan.kind,
        "owner_id": job.owner_id,
        "claim": claim,
        "mark": mark,
        "state": SagaState.RUNNING,
        "step": first_step(plan),
        "attempts": 0,
        "failure": None,
        "data": job.data,
        "created_at": now,
        "updated_at": now,
        "resume_at": now + LEASE,
    }


def first_step(plan: Plan) -> int:
    """Returns the step that is next once a saga has begun."""
    return 0 if plan.whole is None else len(plan.steps)


def refused_row(plan: Plan, job: Job, error: ServiceError, now: datetime) -> dict[str, Any]:
    """Returns the row of a saga that was refused whole: there is nothing to undo."""
    ended = {"state": SagaState.UNDONE, "step": 0, "failure": _failure(error), "data": {}, "resume_at": None}
    return first_row(plan, job, now, claim=None, mark=None) | ended


def _failure(error: ServiceError) -> str:
    return f"{error.code}: {error.message}"[:_MAX_FAILURE]


async def run_saga(infra: Infra, plans: Plans, saga_id: UUID) -> SagaState:
    """Run a saga's steps. Returns DONE, or UNDONE when it was refused earlier.

    Errors: the ServiceError that refused it, after all is undone; StoreUnavailable: it is resumed later.
    LookupError when there is no such saga.
    """
    return await go_on(infra, await look(infra, plans, saga_id))


async def go_on(infra: Infra, at: At) -> SagaState:
    """Run one that is known, as ``run_saga`` does."""
    refusal: ServiceError | None = None
    while at.state not in ENDED:
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
    job = Job(row.id, row.owner_id, row.data, tracing.traceparent())
    return At(plans[row.kind], job, SagaState(row.state), row.step)


async def _advance(infra: Infra, at: At) -> None:
    """Go one step forward, or back. Errors: ServiceError, StoreUnavailable."""
    if at.state == SagaState.UNDOING:
        await transact_for_request(infra, lambda session: _undo_one(session, at, infra.now()))
        await _look_again(infra, at)
        return
    if _goes_with_next(at):
        at.step, at.ahead = at.step + 1, at.ahead + 1
        return
    if at.step >= len(at.plan.steps):
        await at.plan.finish[at.step - len(at.plan.steps)].act(infra, at.job)
    kind = f"saga {at.plan.kind} {at.written} {at.step}"
    if await ask_together(infra, kind, partial(_do_together, infra), at):
        (at.state, at.step), at.ahead = _after(at), 0
    else:
        await _look_again(infra, at)


def _goes_with_next(at: At) -> bool:
    if at.step + 1 >= len(at.plan.steps):
        return False
    this, after = (step.act for step in at.plan.steps[at.step : at.step + 2])
    if not isinstance(this, ForAll) or not isinstance(after, ForAll):
        return False
    return this.with_next or not this.is_for(at.job)


async def _look_again(infra: Infra, at: At) -> None:
    found = await look(infra, {at.plan.kind: at.plan}, at.job.id)
    at.state, at.step, at.ahead = found.state, found.step, 0


def _after(at: At) -> tuple[SagaState, int]:
    done = at.step + 1 == len(at.plan.names())
    return SagaState.DONE if done else SagaState.RUNNING, at.step + 1


async def _do_together(infra: Infra, sagas: Sequence[At]) -> list[bool | Exception]:
    """Do the step that all of them are at, and those before it that are not written. Answers whether they went on:
    if not, somebody else did it."""
    went_on = False

    async def work(jobs: Mapping[UUID, Job]) -> None:
        nonlocal went_on
        went_on = await transact_for_request(
            infra, lambda session: _do(session, sagas[0], list(jobs.values()), infra.now())
        )

    errors = await do_the_rest({at.job.id: at.job for at in sagas}, work)
    return [errors.get(at.job.id, went_on) for at in sagas]


async def _do(session: AsyncSession, at: At, jobs: Sequence[Job], now: datetime) -> bool:
    """Errors: Refused."""
    moved = await _move(session, at, [job.id for job in jobs], *_after(at), now)
    if moved < len(jobs):
        if len(jobs) > 1:
            raise _Ahead  # the group is split
        return False
    for step in at.plan.steps[at.written : at.step + 1]:
        await _act_all(session, step, jobs, now)
    return True


async def _undo_one(session: AsyncSession, at: At, now: datetime) -> None:
    is_last = at.step <= 1
    state, step = (SagaState.UNDONE, 0) if is_last else (SagaState.UNDOING, at.step - 1)
    if not await _move(session, at, [at.job.id], state, step, now):
        return
    if at.step > 0:
        await undo(session, at.plan.steps[at.step - 1], at.job, now)
    if is_last:
        await at.plan.given_up(session, at.job, now)


async def _turn_back(infra: Infra, at: At, error: ServiceError) -> None:
    """From now on backwards. The step that refused is undone too: its undo sees to it that it stays undone."""
    if at.state != SagaState.RUNNING or at.step >= len(at.plan.steps) or at.plan.steps[at.step].undo is None:
        raise RuntimeError(f"saga {at.job.id}: {at.plan.names()[at.step]} may not refuse") from error

    async def work(session: AsyncSession) -> None:
        step = at.step + 1
        await _move(session, at, [at.job.id], SagaState.UNDOING, step, infra.now(), failure=_failure(error))

    await transact_for_request(infra, work)
    await _look_again(infra, at)


async def _move(
    session: AsyncSession,
    at: At,
    saga_ids: Sequence[UUID],
    state: SagaState,
    step: int,
    now: datetime,
    **others: Any,
) -> int:
    """Move sagas from where ``at`` is by compare-and-set, and lock them so. Returns how many were there: with the
    others somebody else has gone on."""
    values: dict[str, Any] = {"state": state, "step": step, "updated_at": now, "resume_at": now + LEASE, **others}
    if state in ENDED:
        # What was ordered is in the order: nobody's address stays here.
        values |= {"resume_at": None, "claim": None, "data": {}}
    if state == SagaState.UNDONE:
        values["mark"] = None
    moved = await session.execute(
        update(Saga)
        .where(Saga.id.in_(saga_ids), Saga.state == at.state, Saga.step == at.written)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if state in ENDED:
        for saga_id in saga_ids:
            log.info("saga.ended", saga=saga_id.hex, kind=at.plan.kind, state=state.value)
    return int(moved.rowcount)  # type: ignore[attr-defined]


async def act(session: AsyncSession, step: Step, job: Job, now: datetime) -> bool:
    """Do a step once.

    Returns False when it was done before (a duplicate), or its undo was faster (it hung somewhere, and is too
    late). Errors: Refused.
    """
    return bool(await _act_all(session, step, [job], now))


async def _act_all(session: AsyncSession, step: Step, jobs: Sequence[Job], now: datetime) -> set[UUID]:
    """As ``act``, for several. Returns those that it was done for."""
    if isinstance(step.act, ForAll):
        jobs = [job for job in jobs if step.act.is_for(job)]
    if not jobs:
        return set()
    fresh = await enter(session, [job.id for job in jobs], ACT, now, branch=step.name, likely_new=True)
    todo = [job for job in jobs if job.id in fresh]
    if isinstance(step.act, ForAll):
        if todo:
            await step.act.work(session, todo, now)
        return fresh
    for job in todo:
        try:
            await step.act(session, job, now)
        except ServiceError as error:
            raise Refused({job.id: error}) from error
    return fresh


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
