"""Close sales whose time is over: the database says so from then on, whatever clock is asked."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.clock import from_millis
from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import FlashSale
from services.flash_sale.announce import announce
from services.flash_sale.change_state import lock_sale
from services.shared.events import SaleEnded

_AT_ONCE = 100


def any_due(now: Any) -> Exists:
    """Returns whether a sale is over, as an expression."""
    return exists(select(FlashSale.id).where(_is_over(now)))


async def close_due_sales(infra: Infra) -> int:
    """Returns how many. Errors: StoreUnavailable."""
    if not await _due(infra, infra.now()):
        return 0
    # By Redis's clock too: it may sell for a moment longer.
    now = min(infra.now(), await _redis_now(infra))
    closed = 0
    for sale_id in await _due(infra, now):
        closed += await infra.database.transact(
            lambda session, sale_id=sale_id: _close(session, sale_id, now),  # type: ignore[misc]
            timeout=WORKERS_PATIENCE,
        )
    return closed


async def _due(infra: Infra, now: datetime) -> list[UUID]:
    due = select(FlashSale.id).where(_is_over(now))
    async with infra.database.read() as session:
        return list(await session.scalars(due.order_by(FlashSale.ends_at).limit(_AT_ONCE)))


def _is_over(now: Any) -> ColumnElement[bool]:
    return and_(FlashSale.settled_at.is_(None), FlashSale.closed_at.is_(None), FlashSale.ends_at <= now)


async def _redis_now(infra: Infra) -> datetime:
    return from_millis(min(await asyncio.gather(*(server.time_ms() for server in infra.redis.servers()))))


async def _close(session: AsyncSession, sale_id: UUID, now: datetime) -> bool:
    sale = await lock_sale(session, sale_id)
    if sale.closed_at is not None or sale.ends_at > now:
        return False  # another worker was faster, or the end was moved
    sale.closed_at = sale.ends_at
    sale.version += 1
    await announce(session, SaleEnded, sale, sale.items, now)
    return True
