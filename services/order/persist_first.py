"""Change an order that was accepted and may not be in the database yet."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.order_document import OrderSnapshot
from services.flash_sale.warm_flash_sales import has_lost_counters
from services.order.find_orders import find_order, is_young, read_accepted
from services.order.persist_orders import persist_orders
from services.reservation.release import confirm
from services.shared.patience import ask_together, requests_patience

_KIND: Final = "persist"


async def persist_first(infra: Infra, customer_id: UUID, order_id: UUID) -> bool:
    """Persist an order here that is still on its way, with those of others who cannot wait for the worker either:
    it will find their barrier rows.

    Returns False when Redis is away: an order that the database does not have may be on its way.
    """
    try:
        order = await find_coming(infra, customer_id, order_id)
    except StoreUnavailable:
        return False
    if order is not None:
        await ask_together(infra, _KIND, partial(_persist, infra), order)
    return True


async def find_coming(infra: Infra, customer_id: UUID, order_id: UUID) -> OrderSnapshot | None:
    """Returns an order that is still on its way, as far as Redis knows. Errors: StoreUnavailable."""
    accepted = await read_accepted(infra, customer_id)
    return next((order for order in accepted if order.id == order_id), None)


async def _persist(infra: Infra, orders: Sequence[OrderSnapshot]) -> list[None]:
    persisted = await persist_orders(infra, orders, timeout=requests_patience(infra))
    await confirm(infra, persisted.stored)
    return [None] * len(orders)


async def may_still_arrive(infra: Infra, order_id: UUID, owner: UUID | None) -> bool:
    """Returns whether an order may still come.

    Not found is only true of one that is not on its way, and that has not come since.
    """
    if not is_young(infra, order_id):
        return False
    try:
        return await has_lost_counters(infra) or await find_order(infra, order_id, owner) is not None
    except StoreUnavailable:
        return True
