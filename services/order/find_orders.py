"""Find orders: in the database, or in Redis while they are on their way there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row, Table, select

from infra.errors import StoreUnavailable
from infra.ids import made_at
from infra.plain_rows import ids_in, plain_rows
from infra.redis_batch import Command, hash_of
from infra.runtime import Infra
from models import Order, OrderEvent, OrderLine
from models.order_document import OrderSnapshot, OrderView
from services.flash_sale.warm_flash_sales import has_lost_counters
from services.order.views import accepted_view, persisted_view
from services.reservation.keys import ItemKeys, accepted_key
from services.reservation.reserve import is_replaced
from services.reservation.rows import PendingState, read_pending
from services.shared.patience import ask_together

_KIND: Final = "orders"

_ORDER, _LINE, _EVENT = (cast(Table, model.__table__).c for model in (Order, OrderLine, OrderEvent))
_ORDERS: Final = select(*_ORDER).where(ids_in(Order.id))
_LINES: Final = select(*_LINE).where(ids_in(OrderLine.order_id)).order_by(OrderLine.position)
_EVENTS: Final = select(*_EVENT).where(ids_in(OrderEvent.order_id)).order_by(OrderEvent.id)

_ON_ITS_WAY = 600.0
"""Seconds; the log is never so far behind."""


async def find_order(infra: Infra, order_id: UUID, customer_id: UUID | None) -> OrderView | None:
    """Find one order; of ``customer_id`` only, unless that is None (staff). Errors: StoreUnavailable."""
    return (await find_orders(infra, [order_id], customer_id)).get(order_id)


async def find_orders(infra: Infra, order_ids: Sequence[UUID], customer_id: UUID | None) -> dict[UUID, OrderView]:
    """Find the orders that are there and the customer's. Staff see an order once it is persisted."""
    found = await _persisted(infra, order_ids, customer_id)
    if customer_id is not None and len(found) < len(set(order_ids)):
        waiting = {order.id: order for order in await find_accepted(infra, customer_id)}
        found |= {i: accepted_view(waiting[i]) for i in order_ids if i in waiting and i not in found}
        # It may have been persisted, and left Redis, between the two looks.
        missing = [i for i in order_ids if i not in found]
        found |= await _persisted(infra, missing, customer_id) if missing else {}
        if missing := [i for i in missing if i not in found and is_young(infra, i)]:
            if await has_lost_counters(infra):  # away, Redis cannot tell
                raise StoreUnavailable("redis")
            found |= await _persisted(infra, missing, customer_id)  # it may have come just before
    return found


def is_young(infra: Infra, order_id: UUID) -> bool:
    """Returns whether an order with such an id may be on its way to the database."""
    return abs(infra.now().timestamp() - made_at(order_id)) < _ON_ITS_WAY


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The order that a customer's idempotency key made, and the fingerprint of its input."""

    order_id: UUID
    fingerprint: str


async def find_by_key(infra: Infra, customer_id: UUID, key: str) -> KnownKey | None:
    """Find the latest order of a key in the database. Errors: StoreUnavailable."""
    statement = select(Order.id, Order.fingerprint).where(
        Order.customer_id == customer_id, Order.idempotency_key == key
    )
    async with infra.database.read() as session:
        row = (await session.execute(statement.order_by(Order.id.desc()).limit(1))).first()
    return None if row is None else KnownKey(row[0], row[1])


async def _persisted(infra: Infra, order_ids: Sequence[UUID], customer_id: UUID | None) -> dict[UUID, OrderView]:
    if len(order_ids) == 1:
        # Who waits for an order asks again and again, as many do: they are read together.
        one = await ask_together(infra, _KIND, partial(_read, infra), order_ids[0])
        found = [] if one is None else [one]
    else:
        found = [order for order in await _read(infra, order_ids) if order is not None]
    return {order.id: order for order in found if customer_id is None or order.customer_id == customer_id}


async def _read(infra: Infra, order_ids: Sequence[UUID]) -> list[OrderView | None]:
    wanted = {"ids": list(set(order_ids))}
    async with infra.database.read() as session:
        orders = await plain_rows(session, _ORDERS, wanted)
        if not orders:
            return [None] * len(order_ids)
        lines = _by_order(await plain_rows(session, _LINES, wanted))
        events = _by_order(await plain_rows(session, _EVENTS, wanted))
    found = {order.id: persisted_view(order, lines[order.id], events[order.id]) for order in orders}
    return [found.get(order_id) for order_id in order_ids]


def _by_order(rows: Sequence[Row[Any]]) -> Mapping[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    return found


async def find_accepted(infra: Infra, customer_id: UUID) -> list[OrderSnapshot]:
    """Find a customer's orders that Redis has and the database may not have yet, newest first.

    Nothing when Redis is away: an order that is only in the log is on its way.
    """
    try:
        return await read_accepted(infra, customer_id)
    except StoreUnavailable:
        return []


async def read_accepted(infra: Infra, customer_id: UUID) -> list[OrderSnapshot]:
    """Read as ``find_accepted``. Errors: StoreUnavailable."""
    key = accepted_key(customer_id)
    [found] = await infra.redis.execute(("HGETALL", key))
    places = hash_of(found)
    if not places:
        return []
    reads: list[Command] = []
    for order, place in places.items():
        item, _, sku = place.decode().partition("|")
        keys = ItemKeys.of(sku, UUID(item))
        # In this order: an entry is never taken for one of a later life of the counters than its own.
        reads += [("HGET", keys.item, "epoch"), ("HGET", keys.pending, order)]
    replies = await infra.redis.execute(*reads)
    epochs, entries = replies[::2], replies[1::2]
    gone = [order for order, entry in zip(places, entries, strict=True) if entry is None]
    if gone:
        await infra.redis.execute(("HDEL", key, *gone))
    pairs = zip(entries, epochs, strict=True)
    read = ((read_pending(entry), int(epoch or 0)) for entry, epoch in pairs if entry)
    first = [found.order(epoch) for found, epoch in read if found and found.state != PendingState.UNDOING]
    orders = [whole for order in first if (whole := await _with_all_parts(infra, order)) is not None]
    # What a primary that was replaced still has may not be kept.
    kept = (order for order in orders if not is_replaced(infra, order))
    return sorted(kept, key=lambda order: order.id, reverse=True)


async def _with_all_parts(infra: Infra, order: OrderSnapshot) -> OrderSnapshot | None:
    """Returns an order of several items with the epoch of each; None when one of them is not held any more."""
    if len(order.lines) == 1:
        return order
    epochs = [order.lines[0].epoch]
    for line in order.lines[1:]:
        assert line.flash_sale_item_id is not None
        keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
        reads = (("HGET", keys.item, "epoch"), ("HGET", keys.pending, order.id.hex))
        epoch, entry = await infra.redis.execute(*reads)
        found = read_pending(entry) if entry else None
        if found is None or found.state == PendingState.UNDOING:
            return None
        epochs.append(int(epoch or 0))
    return order.with_epochs(epochs)
