"""Look at one's ticket: what thousands do again and again, so those who do it together share the statements."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_

from infra.runtime import Infra
from models import FlashSale, SaleTicket, WaitingRoom
from services.waiting_room.enter_sale import Key
from services.waiting_room.ticket import Ticket, admission_of, ticket_of


async def find_ticket(infra: Infra, sale_id: UUID, customer_id: UUID) -> Ticket | None:
    """Find a customer's ticket; None when they have none, or the sale is over or sells to everybody.

    Errors: StoreUnavailable.
    """

    async def load(keys: Sequence[Key]) -> dict[Key, Ticket]:
        return await _find(infra, keys)

    return await infra.signals.together("tickets", load).read((sale_id, customer_id))


async def _find(infra: Infra, keys: Sequence[Key]) -> dict[Key, Ticket]:
    columns = (WaitingRoom, FlashSale, SaleTicket.customer_id, SaleTicket.position)
    joined = (
        select(*columns)
        .join(WaitingRoom, WaitingRoom.sale_id == SaleTicket.sale_id)
        .join(FlashSale, FlashSale.id == SaleTicket.sale_id)
    )
    wanted = joined.where(tuple_(SaleTicket.sale_id, SaleTicket.customer_id).in_(keys))
    async with infra.database.read() as session:
        rows = (await session.execute(wanted)).all()
    now, found = infra.now(), {}
    for room, sale, customer_id, position in rows:
        admission = admission_of(room, sale)
        if admission is not None and sale.closed_at is None and now < sale.ends_at:
            found[sale.id, customer_id] = ticket_of(sale, admission, customer_id, position, now)
    return found
