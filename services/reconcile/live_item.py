"""An item as Redis has it at one moment, and its orders as the database has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from infra.clock import to_millis
from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus
from models.order import BUYER
from services.reconcile.books import ItemBooks, one_moment
from services.reconcile.find_suspects import Suspects, ids_of
from services.reservation.keys import ItemKeys
from services.reservation.rows import PendingState, hold_of, read_pending
from services.shared.order_states import as_to_stock

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class LiveItem:
    """The counters, by the hex of their ids. ``at_ms`` is Redis's clock when they were read, ``reign`` its reign
    before that; ``rest`` are units of the customers that were not looked at."""

    item: dict[str, str]
    buyers: dict[str, str]
    pending: dict[str, str]
    holds: dict[str, str]
    at_ms: int
    reign: str
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What an order took: from its row, or from its reservation (no ``status`` then). ``customer``: the buyer."""

    customer: str
    units: int
    status: OrderStatus | None = None
    placed_ms: int = 0

    @property
    def hold(self) -> str:
        return hold_of(self.units, self.customer)


async def read_live(infra: Infra, of: ItemBooks, only: Suspects | None) -> LiveItem:
    """Read the item's hashes, or ``only`` what is said of some, in one transaction of Redis.

    Errors: StoreUnavailable.
    """
    keys = ItemKeys.of(of.sku, of.id)
    orders, customers = [""], [""]  # of none at all Redis cannot be asked
    if only is not None:
        orders += sorted(only.orders | (await read_orders(infra, of.id, only)).keys())
        customers += sorted(only.customers)
    server = infra.redis.at(keys.item)
    reign = await server.reign()
    # Not the client of requests: many holds take longer than a request may wait.
    async with server.guard(_PATIENCE), server.blocking.pipeline(transaction=True) as pipeline:
        for key in (keys.item, keys.pending):
            pipeline.hgetall(key)
        if only is None:
            pipeline.hgetall(keys.buyers)
            pipeline.hgetall(keys.holds)
        else:
            pipeline.hmget(keys.buyers, customers)
            pipeline.hmget(keys.holds, orders)
            # A million small numbers take Redis a tenth of a second: only where they may not add up.
            if not only.sums_up:
                pipeline.hvals(keys.buyers)
        pipeline.time()
        item, pending, buyers, holds, *all_units, (seconds, micros) = await pipeline.execute()
    if only is not None:
        buyers, holds = _those(customers, buyers), _those(orders, holds)
    at_ms = int(seconds) * 1000 + int(micros) // 1000
    rest = 0
    if only is not None:
        of_all = sum(map(_units, all_units[0])) if all_units else of.quantity - _units(item.get(b"remaining", b""))
        rest = of_all - sum(map(_units, buyers.values()))
    return LiveItem(_text(item), _text(buyers), _text(pending), _text(holds), at_ms, reign.decode(), rest)


def _those(names: list[str], values: list[bytes | None]) -> dict[bytes, bytes]:
    return {name.encode(): value for name, value in zip(names, values, strict=True) if value is not None}


def _units(text: bytes) -> int:
    return int(text) if text.lstrip(b"-").isdigit() else 0


def _text(pairs: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(errors="replace"): value.decode(errors="replace") for name, value in pairs.items()}


def read_pending_units(entry: str) -> tuple[Taken, PendingState] | None:
    """Decode the reservation and its state; None when it is not an entry of ours."""
    found = read_pending(entry.encode())
    return (Taken(found.buyer, found.units), found.state) if found else None


async def read_orders(infra: Infra, item_id: UUID, only: Suspects | None) -> dict[str, Taken]:
    """Read the item's persisted orders by the hex of their ids; or ``only`` those, and of those customers.

    Errors: StoreUnavailable.
    """
    found: dict[str, Taken] = {}
    async with one_moment(infra) as session:
        for condition in _conditions(only):
            rows = await session.execute(_ORDERS.where(OrderLine.flash_sale_item_id == item_id, condition))
            for order_id, customer_id, units, stored, shipped, placed_at in rows:
                status = as_to_stock(OrderStatus(stored), shipped)
                found[order_id.hex] = Taken(customer_id.hex, units, status, to_millis(placed_at))
    return found


_ORDERS: Final = select(Order.id, BUYER, OrderLine.kept, Order.status, OrderLine.shipped, Order.placed_at).join(
    OrderLine, OrderLine.order_id == Order.id
)


def _conditions(only: Suspects | None) -> Iterator[ColumnElement[bool]]:
    if only is None:
        yield true()
        return
    yield Order.id.in_(ids_of(only.orders))
    # Two conditions, each of which has an index. The first finds guests' too, whose buyers are others.
    yield Order.customer_id.in_(ids_of(only.customers))
    yield Order.buyer_id.in_(ids_of(only.customers))
