"""Throw away the tickets of sales that were settled days ago."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import FlashSale, SaleTicket

_KEPT: Final = timedelta(days=2)
_AT_ONCE: Final = 20


async def forget_tickets(infra: Infra) -> int:
    """Delete the tickets of some settled sales at a time; returns how many. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        settled = select(FlashSale.id).where(FlashSale.settled_at < infra.now() - _KEPT)
        has_any = select(SaleTicket.sale_id).where(SaleTicket.sale_id == FlashSale.id).exists()
        over = list(await session.scalars(settled.where(has_any).limit(_AT_ONCE)))
        if not over:
            return 0
        gone = delete(SaleTicket).where(SaleTicket.sale_id.in_(over))
        done = await session.execute(gone.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
