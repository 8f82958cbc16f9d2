"""Enter the waiting room: a place at the end of the line, or the one that the customer has."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import FlashSale, SaleTicket, WaitingRoom
from services.flash_sale.list_sales import find_sales
from services.shared.errors import FlashSaleNotRunning, InvalidInput, NotFound
from services.shared.patience import or_try_again, transact_for_request
from services.waiting_room.admission import Admission
from services.waiting_room.ticket import Ticket, admission_of, ticket_of

Key = tuple[UUID, UUID]
"""Sale, customer."""


async def enter_sale(infra: Infra, sale_id: UUID, customer_id: UUID) -> Ticket:
    """Give the customer a place at the end of the line, or the one that they have: twice is once. Those who come
    at nearly the same time to one process share a transaction.

    Errors: NotFound, InvalidInput (the sale has no waiting room), FlashSaleNotRunning (it is over), TryAgain.
    """

    async def load(keys: Sequence[Key]) -> dict[Key, Ticket]:
        return await transact_for_request(infra, lambda session: _enter(session, infra, keys), races=2)

    with or_try_again():
        found = await infra.signals.together("enter_sale", load).read((sale_id, customer_id))
        return found or await _explain(infra, sale_id)


async def _enter(session: AsyncSession, infra: Infra, keys: Sequence[Key]) -> dict[Key, Ticket]:
    by_sale: dict[UUID, list[UUID]] = defaultdict(list)
    for sale_id, customer_id in keys:
        by_sale[sale_id].append(customer_id)
    found: dict[Key, Ticket] = {}
    for sale_id in sorted(by_sale):
        tickets = await _enter_one(session, infra, sale_id, by_sale[sale_id])
        found |= {(sale_id, one.customer_id): one for one in tickets}
    return found


async def _enter_one(
    session: AsyncSession, infra: Infra, sale_id: UUID, customers: Sequence[UUID]
) -> list[Ticket]:
    """The room's row is locked: positions are given one after the other, whichever process gives them."""
    locked = select(WaitingRoom).where(WaitingRoom.sale_id == sale_id).with_for_update()
    room = (await session.scalars(locked.execution_options(populate_existing=True))).one_or_none()
    sale = await session.get(FlashSale, sale_id, populate_existing=True) if room else None
    now = infra.now()
    if room is None or sale is None or sale.closed_at is not None or sale.ends_at <= now:
        return []
    admission = admission_of(room, sale)
    if admission is None:
        return []
    mine = select(SaleTicket.customer_id, SaleTicket.position).where(
        SaleTicket.sale_id == sale_id, SaleTicket.customer_id.in_(customers)
    )
    positions = {row[0]: row[1] for row in await session.execute(mine)}
    new = [customer for customer in customers if customer not in positions]
    positions |= {customer: room.entered + i for i, customer in enumerate(new, start=1)}
    if new:
        admission = _append(room, admission, len(new), now)
        common = {"sale_id": sale_id, "entered_at": now}
        rows = [{**common, "customer_id": customer, "position": positions[customer]} for customer in new]
        await session.execute(insert(SaleTicket), rows)
    return [ticket_of(sale, admission, customer, positions[customer], now) for customer in customers]


def _append(room: WaitingRoom, admission: Admission, count: int, now: datetime) -> Admission:
    after = admission.entered(room.entered, now)
    if after is not admission:
        room.base_count, room.base_at = after.base_count, after.base_at
    room.entered += count
    return after


async def _explain(infra: Infra, sale_id: UUID) -> Ticket:
    sale = (await find_sales(infra, [sale_id])).get(sale_id)
    if sale is None:
        raise NotFound("There is no such flash sale.")
    if sale.closed_at is not None or sale.ends_at <= infra.now():
        raise FlashSaleNotRunning(sale.starts_at, sale.ends_at)
    raise InvalidInput.at("saleId", message="has no waiting room: order at once")
