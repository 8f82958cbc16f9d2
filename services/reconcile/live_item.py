"""An item as Redis has it at one moment, and its orders as the database has them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from infra.clock import to_millis
from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus
from services.reconcile.books import one_moment
from services.reservation.keys import ItemKeys
from services.reservation.rows import PendingState, read_pending
from services.shared.order_states import as_to_stock

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class LiveItem:
    """The counters, by the hex of their ids. ``at_ms`` is Redis's clock when they were read."""

    item: dict[str, str]
    buyers: dict[str, str]
    pending: dict[str, str]
    holds: dict[str, str]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What an order took: from its row, or from its reservation (no ``status`` then)."""

    customer: str
    units: int
    status: OrderStatus | None = None
    placed_ms: int = 0

    @property
    def hold(self) -> str:
        return f"{self.units}|{self.customer}"


async def read_live(infra: Infra, sku: str, item_id: UUID) -> LiveItem:
    """Read all of the item's hashes, in one transaction of Redis. Errors: StoreUnavailable."""
    keys = ItemKeys.of(sku, item_id)
    async with infra.redis.guard(_PATIENCE):
        # Not the client of requests: a hundred thousand holds take longer than a request may wait.
        pipeline = infra.redis.blocking.pipeline(transaction=True)
        for key in (keys.item, keys.buyers, keys.pending, keys.holds):
            pipeline.hgetall(key)
        pipeline.time()
        item, buyers, pending, holds, (seconds, micros) = await pipeline.execute()
    at_ms = int(seconds) * 1000 + int(micros) // 1000
    return LiveItem(_text(item), _text(buyers), _text(pending), _text(holds), at_ms)


def _text(pairs: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(errors="replace"): value.decode(errors="replace") for name, value in pairs.items()}


def read_pending_units(entry: str) -> tuple[Taken, PendingState] | None:
    """Decode the reservation and its state; None when it is not an entry of ours."""
    found = read_pending(entry.encode())
    return (Taken(found.customer, found.units), found.state) if found else None


async def read_orders(infra: Infra, item_id: UUID) -> dict[str, Taken]:
    """Read the item's persisted orders by the hex of their ids. Errors: StoreUnavailable."""
    return {order_id: taken async for order_id, taken in _stream_orders(infra, item_id)}


async def _stream_orders(infra: Infra, item_id: UUID) -> AsyncIterator[tuple[str, Taken]]:
    statement = (
        select(Order.id, Order.customer_id, OrderLine.quantity, Order.status, OrderLine.shipped, Order.placed_at)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.flash_sale_item_id == item_id)
    )
    async with one_moment(infra) as session:
        async for order_id, customer_id, units, stored, shipped, placed_at in await session.stream(statement):
            status = as_to_stock(OrderStatus(stored), shipped)
            yield order_id.hex, Taken(customer_id.hex, units, status, to_millis(placed_at))
