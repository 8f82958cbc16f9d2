"""The barrier: one row a (saga, branch, operation), in the transaction of the step itself.

After dtm's ``barrier.go``: a compensation first inserts its forward step's row. When that insert wins, the
forward step never ran (null compensation), and when it comes late it finds the row and does nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.insert_ignoring import insert_ignoring
from models import Barrier

ORDER: Final = "order"
PERSIST: Final = "persist"
RELEASE: Final = "release"
SETTLE: Final = "settle"
"""Of a sale; each of its items is a branch."""
STOCK: Final = "stock"
"""The branch of an order's steps with ordinary stock."""
HOLD: Final = "hold"
COMMIT: Final = "commit"
ACT: Final = "act"
UNDO: Final = "undo"
"""Of a saga's step, which is the branch; an act that its undo was faster than has UNDO for its reason."""
ABANDONED: Final = "abandoned"
"""The reason in a persist row that a null compensation wrote."""


def barrier_row(
    saga_id: UUID, operation: str, now: datetime, reason: str | None = None, *, branch: str = ORDER
) -> dict[str, Any]:
    return {
        "saga_id": saga_id,
        "branch": branch,
        "operation": operation,
        "reason": reason or operation,
        "created_at": now,
    }


async def passed(session: AsyncSession, saga_ids: Sequence[UUID], operation: str) -> set[UUID]:
    """Returns those of the sagas whose operation has run, or may never run any more."""
    found = await session.scalars(
        select(Barrier.saga_id).where(
            Barrier.saga_id.in_(saga_ids), Barrier.branch == ORDER, Barrier.operation == operation
        )
    )
    return set(found)


async def enter_new(
    session: AsyncSession, saga_ids: Sequence[UUID], operation: str, now: datetime, *, branch: str
) -> None:
    """Write the operation's rows, in one statement, of sagas whose turn this transaction alone has won."""
    rows = [barrier_row(saga_id, operation, now, branch=branch) for saga_id in saga_ids]
    await (await session.connection()).execute(insert(Barrier), rows)


async def enter(
    session: AsyncSession,
    saga_ids: Sequence[UUID],
    operation: str,
    now: datetime,
    reason: str | None = None,
    *,
    branch: str,
) -> set[UUID]:
    """Write the operation's rows; returns those that had none. Who comes at the same time waits for this
    transaction. Sagas are sorted, so that two batches do not wait for each other.
    """
    known = select(Barrier.saga_id).where(
        Barrier.saga_id.in_(saga_ids), Barrier.branch == branch, Barrier.operation == operation
    )
    seen = set(await session.scalars(known))
    ignoring, connection, entered = insert_ignoring(Barrier), await session.connection(), set()
    for saga_id in sorted(set(saga_ids) - seen):
        row = barrier_row(saga_id, operation, now, reason, branch=branch)
        if (await connection.execute(ignoring.values(row))).rowcount:
            entered.add(saga_id)
    return entered
