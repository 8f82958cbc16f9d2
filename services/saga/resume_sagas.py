"""Go on with sagas that no process has touched for a while: who ran them is dead, or a store was away."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Saga
from services.saga.plan import Plans
from services.saga.run_saga import ENDED, LEASE, run_saga
from services.shared.errors import ServiceError

log = structlog.get_logger(__name__)
BATCH: Final = 100
QUEUE: Final = DueQueue(
    Saga,
    Saga.resume_at,
    lease=Backoff(LEASE, most=timedelta(minutes=5)),
    batch=BATCH,
    tries=Saga.attempts,
    columns=(Saga.id, Saga.attempts),
)
_KEPT: Final = timedelta(days=30)


async def resume_sagas(infra: Infra, plans: Plans) -> int:
    """Resume a batch of sagas that are due; returns how many came to their end. Errors: StoreUnavailable."""
    found = await infra.database.transact(lambda session: _claim(session, infra), timeout=WORKERS_PATIENCE)
    return sum([await _resume(infra, plans, saga_id) for saga_id in found])


async def _resume(infra: Infra, plans: Plans, saga_id: UUID) -> bool:
    try:
        await run_saga(infra, plans, saga_id)
    except StoreUnavailable:
        raise
    except ServiceError as error:
        log.info("saga.undone", saga=saga_id.hex, reason=error.code)
    except Exception:
        # One that cannot be helped must not keep the others waiting: `rushcart saga list` shows it.
        log.exception("saga.stuck", saga=saga_id.hex)
        return False
    infra.signals.send([saga_id])
    return True


async def _claim(session: AsyncSession, infra: Infra) -> list[UUID]:
    """Each is tried again later, and less and less often."""
    return [saga.id for saga in await QUEUE.take(session, infra.now())]


async def forget_sagas(infra: Infra) -> int:
    """Delete sagas that ended a month ago: an idempotency key that old is not sent again.

    Errors: StoreUnavailable.
    """

    async def work(session: AsyncSession) -> int:
        old = select(Saga.id).where(Saga.state.in_(ENDED), Saga.updated_at < infra.now() - _KEPT).limit(1000)
        ids = list(await session.scalars(old))
        if ids:
            await session.execute(delete(Saga).where(Saga.id.in_(ids)))
        return len(ids)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
