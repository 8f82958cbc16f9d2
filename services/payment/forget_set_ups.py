"""Forget what was set up for armed orders at its provider, when it is not to be charged any more."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue, serve
from infra.runtime import Infra
from models import ArmedOrder, ArmedState
from services.order.place_armed import ARMED
from services.payment.choose_provider import find_provider
from services.payment.provider import ForgetsSetUps, Refused, Unreachable

log = structlog.get_logger(__name__)
_LATE: Final = timedelta(hours=1)
"""An order that was pressed at the end of its sale is in the database by then."""
QUEUE: Final = DueQueue(
    ArmedOrder,
    ArmedOrder.forget_at,
    lease=Backoff(timedelta(seconds=10), most=timedelta(hours=1)),
    batch=20,
    tries=ArmedOrder.forget_tries,
)


async def forget_set_ups(infra: Infra) -> int:
    """Forget a batch of what is due; returns how many. What cannot be reached is due again later, until it was.

    Errors: StoreUnavailable.
    """
    due = await infra.database.transact(lambda session: QUEUE.take(session, infra.now()), timeout=WORKERS_PATIENCE)
    return await serve(due, lambda one: _forget(infra, one))


async def expire_armed(infra: Infra) -> int:
    """End what is still armed when its sale is over. Returns how many. Errors: StoreUnavailable."""
    now = infra.now()
    over = (ArmedOrder.expires_at < now - _LATE, ArmedOrder.state.in_(ARMED))
    ended = {
        "state": ArmedState.EXPIRED,
        "method": None,
        "redirect_url": None,
        "forget_at": now,
        "updated_at": now,
    }

    async def work(session: AsyncSession) -> int:
        changed = update(ArmedOrder).where(*over).values(ended)
        done = await session.execute(changed.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)


async def _forget(infra: Infra, armed: ArmedOrder) -> None:
    """Without a set-up, or with a provider that cannot, or is none of ours any more, there is nothing to do."""
    provider, set_up = find_provider(infra, armed.provider), armed.set_up
    try:
        if set_up is not None and provider is not None and isinstance(provider, ForgetsSetUps):
            await provider.forget_set_up(set_up)
    except Refused as error:
        log.warning("set_up.kept", armed_id=armed.id.hex, provider=armed.provider, reason=str(error))
    except Unreachable as error:
        log.warning("set_up.not_forgotten", armed_id=armed.id.hex, provider=armed.provider, reason=str(error))
        return
    await infra.database.transact(lambda session: _done(session, armed.id), timeout=WORKERS_PATIENCE)


async def _done(session: AsyncSession, armed_id: UUID) -> None:
    done = update(ArmedOrder).where(ArmedOrder.id == armed_id).values(forget_at=None)
    await session.execute(done.execution_options(synchronize_session=False))
