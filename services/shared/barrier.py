"""The barrier: one row a (saga, branch, operation), in the transaction of the step itself.

After dtm's ``barrier.go``: a compensation first inserts its forward step's row. When that insert wins, the
forward step never ran (null compensation), and when it comes late it finds the row and does nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import Overtaken
from infra.insert_ignoring import insert_ignoring
from infra.plain_rows import ids_in, plain_rows
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

_ENTERED: Final = select(Barrier.saga_id).where(
    ids_in(Barrier.saga_id), Barrier.branch == bindparam("branch"), Barrier.operation == bindparam("operation")
)


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
    return await _entered(session, saga_ids, ORDER, operation)


async def _entered(session: AsyncSession, saga_ids: Sequence[UUID], branch: str, operation: str) -> set[UUID]:
    asked = {"ids": list(saga_ids), "branch": branch, "operation": operation}
    return {row.saga_id for row in await plain_rows(session, _ENTERED, asked)}


async def enter(
    session: AsyncSession,
    saga_ids: Collection[UUID],
    operation: str,
    now: datetime,
    reason: str | None = None,
    *,
    branch: str,
    likely_new: bool = False,
) -> set[UUID]:
    """Write the operation's rows; returns those that had none. Who comes at the same time waits for this
    transaction. Sagas are sorted, so that two batches do not wait for each other. ``likely_new``: a single one is
    not looked up first.

    Errors: Overtaken, when some of several were entered meanwhile and it is not known which: looked at again they
    are seen.
    """
    fresh = sorted(set(saga_ids))
    if len(fresh) > 1 or not likely_new:
        fresh = sorted(set(fresh) - await _entered(session, fresh, branch, operation))
    if not fresh:
        return set()
    rows = [barrier_row(saga_id, operation, now, reason, branch=branch) for saga_id in fresh]
    connection, counted = await session.connection(), {"preserve_rowcount": True}
    entered = (await connection.execute(insert_ignoring(Barrier), rows, execution_options=counted)).rowcount
    if 0 < entered < len(fresh):
        raise Overtaken
    return set(fresh) if entered else set()
