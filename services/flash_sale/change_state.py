"""Pause, resume, end or cancel a sale: in the database first, then at once in Redis, which every process asks.

When this returns after a pause, an end or a cancellation, no order of the sale is accepted any more, by any
process: new reservations are refused by the script, and requests under way were accepted before that or are undone
(see ``finish_requests``). An outage in between is told as TryAgain: the change is committed or not, asking again
is safe, and the workers bring Redis up to what was committed whether anybody asks or not.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from infra.runtime import Infra
from models import FlashSale
from models.flash_sale_document import sale_status
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.states import SaleAction, is_done, may
from services.shared.errors import FlashSaleStateConflict, NotFound, StaleVersion
from services.shared.events import SaleEnded, SalePaused, SaleResumed
from services.shared.patience import or_try_again, transact_for_request

_EVENTS = {
    SaleAction.PAUSE: SalePaused,
    SaleAction.RESUME: SaleResumed,
    SaleAction.END: SaleEnded,
    SaleAction.CANCEL: SaleEnded,
}


@dataclass(frozen=True, slots=True)
class StateChange:
    """``version``: refuse when the sale was changed since; None takes it as it is."""

    sale_id: UUID
    action: SaleAction
    version: int | None = None


async def change_state(infra: Infra, wish: StateChange) -> None:
    """Change a sale's state; what is so already is left alone, whatever the version.

    Errors: NotFound, FlashSaleStateConflict, StaleVersion, TryAgain.
    """
    with or_try_again():
        await transact_for_request(infra, lambda session: _change_sale_row(session, wish, infra.now()))
        await apply_sale(infra, wish.sale_id, load=False)


async def lock_sale(session: AsyncSession, sale_id: UUID) -> FlashSale:
    """Lock a sale and read it with its items, which are not locked. Errors: NotFound."""
    locked = select(FlashSale).options(selectinload(FlashSale.items)).where(FlashSale.id == sale_id)
    sale = (await session.scalars(locked.with_for_update())).one_or_none()
    if sale is None:
        raise NotFound("There is no such flash sale.")
    return sale


async def _change_sale_row(session: AsyncSession, wish: StateChange, now: datetime) -> None:
    sale, action = await lock_sale(session, wish.sale_id), wish.action
    status = sale_status(sale, now)
    cancelled = sale.closed_at is not None and sale.closed_at < sale.starts_at
    if is_done(action, status, paused=sale.paused, cancelled=cancelled):
        return
    if not may(action, status):
        raise FlashSaleStateConflict(status, action)
    if wish.version is not None and wish.version != sale.version:
        raise StaleVersion(sale.version)
    _apply(sale, action, now)
    sale.version += 1
    await announce(session, _EVENTS[action], sale, sale.items, now)


def _apply(sale: FlashSale, action: SaleAction, now: datetime) -> None:
    if action in (SaleAction.PAUSE, SaleAction.RESUME):
        sale.paused = action is SaleAction.PAUSE
        return
    sale.closed_at = now
    if action is SaleAction.END:
        sale.ends_at = now
