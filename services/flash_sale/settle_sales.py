"""Settle closed sales: what is unsold goes back to ordinary stock, once.

A sale is settled when Redis is known to sell no more of it (``apply_sale``), and the log was read to its end
after that: every accepted order has found its units by then. The item's epoch is raised, as when its counters
are loaded anew: a message that comes later was never acknowledged to a customer, and takes nothing. An order
whose message is in the dead letters was acknowledged: its item waits for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Exists, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Barrier, FlashSale, FlashSaleItem, StockCause
from services.flash_sale.announce import announce
from services.flash_sale.set_aside import change_set_aside
from services.reservation.await_drained import await_drained
from services.reservation.keys import has_parked
from services.shared.barrier import SETTLE, barrier_row
from services.shared.events import SaleSettled
from services.stock.rows import Origin

log = structlog.get_logger(__name__)
ACTOR = "settlement"
_AT_ONCE = 100
_IS_CLOSED: Final = and_(
    FlashSale.settled_at.is_(None),
    FlashSale.closed_at.is_not(None),
    FlashSale.applied_version == FlashSale.version,
)


def any_closed() -> Exists:
    """Returns whether a sale that is over waits to be settled, as an expression."""
    return exists(select(FlashSale.id).where(_IS_CLOSED))


async def settle_sales(infra: Infra) -> int:
    """Returns how many sales were settled to the last item. Errors: StoreUnavailable, also when the workers do not
    catch up in time."""
    sale_ids = await _closed(infra)
    if not sale_ids:
        return 0
    await await_drained(infra)
    settled = 0
    for sale_id in sale_ids:
        try:
            settled += await _settle(infra, sale_id)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("sale.not_settled", sale_id=str(sale_id))  # the others shall not wait for it
    return settled


async def _closed(infra: Infra) -> list[UUID]:
    closed = select(FlashSale.id).where(_IS_CLOSED)
    async with infra.database.read() as session:
        return list(await session.scalars(closed.order_by(FlashSale.ends_at).limit(_AT_ONCE)))


async def _settle(infra: Infra, sale_id: UUID) -> bool:
    items = select(FlashSaleItem.sku, FlashSaleItem.id).where(
        FlashSaleItem.sale_id == sale_id, FlashSaleItem.settled_at.is_(None)
    )
    async with infra.database.read() as session:
        places = [(row[0], row[1]) for row in await session.execute(items)]
    ready = [item_id for sku, item_id in places if not await has_parked(infra, sku, item_id)]
    if len(ready) < len(places):
        log.warning("sale.waits_for_dead_letters", sale_id=str(sale_id), items=len(places) - len(ready))
    return await infra.database.transact(
        lambda session: _settle_items(session, sale_id, ready, infra.now()), timeout=WORKERS_PATIENCE
    )


async def _settle_items(session: AsyncSession, sale_id: UUID, ready: Sequence[UUID], now: datetime) -> bool:
    sale = (await session.scalars(select(FlashSale).where(FlashSale.id == sale_id).with_for_update())).one()
    if sale.settled_at is not None:
        return False
    locked = select(FlashSaleItem).where(FlashSaleItem.sale_id == sale_id).order_by(FlashSaleItem.id)
    items = list(await session.scalars(locked.with_for_update()))
    for item in sorted(items, key=lambda item: item.sku):
        if item.settled_at is None and item.id in ready:
            await _settle_item(session, item, now)
    if any(item.settled_at is None for item in items):
        return False
    sale.settled_at = now
    await announce(session, SaleSettled, sale, items, now)
    log.info("sale.settled", sale_id=str(sale_id), unsold=sum(item.remaining for item in items))
    return True


async def _settle_item(session: AsyncSession, item: FlashSaleItem, now: datetime) -> None:
    session.add(Barrier(**barrier_row(item.sale_id, SETTLE, now, branch=item.id.hex)))
    item.settled_at = now
    item.epoch += 1
    await change_set_aside(session, item, -item.remaining, Origin(StockCause.SALE_ENDED, ACTOR), now)
