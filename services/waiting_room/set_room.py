"""Give a sale a waiting room, change its rate, or let everybody in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import FlashSale, FlashSaleStatus, WaitingRoom
from models.flash_sale_document import sale_status
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.change_state import lock_sale
from services.flash_sale.rules import check_rate, new_room
from services.shared.errors import FlashSaleStateConflict
from services.shared.events import SaleChanged
from services.shared.patience import or_try_again, transact_for_request
from services.waiting_room.ticket import admission_of


async def set_room(infra: Infra, sale_id: UUID, rate: int | None) -> None:
    """Set a sale's waiting room. ``rate``: so many a second are let in; None: everybody, without a ticket. What is
    so already is left alone.

    Processes go by it within two seconds. Errors: InvalidInput, NotFound, FlashSaleStateConflict (it is over),
    TryAgain.
    """
    check_rate(rate, "admitPerSecond")
    with or_try_again():
        await transact_for_request(infra, lambda session: _set(session, sale_id, rate, infra.now()))
        await apply_sale(infra, sale_id, load=False)


async def _set(session: AsyncSession, sale_id: UUID, rate: int | None, now: datetime) -> None:
    sale = await lock_sale(session, sale_id)
    if sale_status(sale, now) is FlashSaleStatus.ENDED:
        raise FlashSaleStateConflict(FlashSaleStatus.ENDED, "change")
    locked = select(WaitingRoom).where(WaitingRoom.sale_id == sale_id).with_for_update()
    room = (await session.scalars(locked)).one_or_none()
    if rate == (room.admit_per_second if room else None):
        return
    if room is None:
        session.add(new_room(sale, rate, now))
    else:
        _change_rate(room, sale, rate, now)
    sale.version += 1
    await announce(session, SaleChanged, sale, sale.items, now)


def _change_rate(room: WaitingRoom, sale: FlashSale, rate: int | None, now: datetime) -> None:
    """Who was let in stays so; while there was no line nobody was kept waiting."""
    admission = admission_of(room, sale)
    if rate is None:
        room.admit_per_second = None
        return
    if admission is None:
        room.base_count, room.base_at = room.entered, now
    elif now >= admission.base_at:
        changed = admission.at_rate(rate, now)
        room.base_count, room.base_at = changed.base_count, changed.base_at
    room.admit_per_second = rate
