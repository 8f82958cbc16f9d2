"""Look at sagas, for those who run the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Barrier, Saga, SagaState
from services.saga.plan import Plans
from services.saga.run_saga import ENDED

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class SagaView:
    """``at``: the step that is next, to be done or to be undone; ``passed``: its rows of the barrier."""

    id: UUID
    kind: str
    owner_id: UUID
    state: SagaState
    at: str
    attempts: int
    failure: str | None
    created_at: datetime
    updated_at: datetime
    resume_at: datetime | None
    passed: tuple[tuple[str, str, str], ...] = ()


async def list_sagas(infra: Infra, plans: Plans, *, ended: bool = False) -> Sequence[SagaView]:
    """List the oldest sagas that have not come to an end, or the newest that have. Errors: StoreUnavailable."""
    if ended:
        statement = select(Saga).where(Saga.state.in_(ENDED)).order_by(Saga.updated_at.desc())
    else:
        statement = select(Saga).where(Saga.state.not_in(ENDED)).order_by(Saga.updated_at)
    async with infra.database.read() as session:
        return [_view(plans, row) for row in await session.scalars(statement.limit(MOST))]


async def find_saga(infra: Infra, plans: Plans, saga_id: UUID) -> SagaView | None:
    """Errors: StoreUnavailable."""
    rows = select(Barrier.branch, Barrier.operation, Barrier.reason).where(Barrier.saga_id == saga_id)
    async with infra.database.read() as session:
        row = await session.get(Saga, saga_id)
        passed = tuple((r[0], r[1], r[2]) for r in await session.execute(rows.order_by(Barrier.created_at)))
    return None if row is None else _view(plans, row, passed)


def _view(plans: Plans, row: Saga, passed: tuple[tuple[str, str, str], ...] = ()) -> SagaView:
    state = SagaState(row.state)
    return SagaView(
        id=row.id,
        kind=row.kind,
        owner_id=row.owner_id,
        state=state,
        at=_name_of(plans, row.kind, state, row.step),
        attempts=row.attempts,
        failure=row.failure,
        created_at=row.created_at,
        updated_at=row.updated_at,
        resume_at=row.resume_at,
        passed=passed,
    )


def _name_of(plans: Plans, kind: str, state: SagaState, step: int) -> str:
    if state in ENDED or kind not in plans:
        return "-"
    names = plans[kind].names()
    return f"undo {names[step - 1]}" if state == SagaState.UNDOING else names[step]
