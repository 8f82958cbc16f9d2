"""Find what may differ of an item that is too big to be looked at whole: page by page, while it is being sold.

What is wrong for good is among what is found; what is only on its way may be too. Whether it differs is for a look
at these alone, at one moment, to say.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Order
from services.flash_sale.next_orders import ItemOrder, before_all, next_orders
from services.reconcile.books import ItemBooks
from services.reservation.keys import ItemKeys, look_at_counters
from services.reservation.rows import hold_of, read_pending
from services.shared.order_states import HOLDING, standing_of

BIG: Final = 20_000
"""So many holds and buyers are looked at whole: that takes Redis some milliseconds."""
_MOST: Final = 2_000
"""After so many it is known that the counters are wrong: what else is wrong is mended with them."""
_PAGE: Final = 1_000
_READ_WITHIN: Final = 30.0


@dataclass(slots=True)
class Suspects:
    """The hex of their ids, or whatever stands there instead. ``sums_up``: what is left and what all customers
    have was the item's quantity, while nothing happened to it."""

    orders: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    sums_up: bool = False

    @property
    def are_enough(self) -> bool:
        return len(self.orders) + len(self.customers) >= _MOST

    def add(self, order: str, customer: str) -> None:
        self.orders.add(order)
        self.customers.add(customer)


@dataclass(slots=True)
class _Books:
    """What the database has: units of customers by the bytes of their ids, and how many orders are held."""

    units: dict[bytes, int] = field(default_factory=dict)
    held: int = 0


async def find_suspects(infra: Infra, item: ItemBooks) -> Suspects | None:
    """Returns None when the item is small. Errors: StoreUnavailable."""
    keys = ItemKeys.of(item.sku, item.id)
    holds, buyers = await infra.redis.execute(("HLEN", keys.holds), ("HLEN", keys.buyers))
    if holds + buyers <= BIG:
        return None
    found = Suspects()
    [(loaded, *_)] = await look_at_counters(infra, [keys])
    if not loaded:
        return found  # nobody believes them
    books = await _compare_orders(infra, item, keys, found)
    before, *_ = await infra.redis.execute(("HGET", keys.item, "remaining"))
    units = await _compare_customers(infra, keys, books, found)
    after, *_ = await infra.redis.execute(("HGET", keys.item, "remaining"))
    found.sums_up = before == after == str(item.quantity - units).encode()
    [holds] = await infra.redis.execute(("HLEN", keys.holds))
    if holds != books.held:
        await _compare_holds(infra, keys, found)
    async for page in _scan(infra, keys.pending):
        for order, entry in page.items():
            pending = read_pending(entry.encode())
            found.add(order, pending.buyer if pending else "")
    return found


async def _compare_orders(infra: Infra, item: ItemBooks, keys: ItemKeys, found: Suspects) -> _Books:
    books = _Books()
    after: UUID | None = before_all(item.id)
    while after is not None and not found.are_enough:
        async with infra.database.read(_READ_WITHIN) as session:
            orders, after = await next_orders(session, item.sku, item.id, after, infra.now())
        if orders:
            held = [order[0].hex() for order in orders]
            [entries] = await infra.redis.execute(("HMGET", keys.holds, *held))
            for order, entry in zip(orders, entries, strict=True):
                _compare(order, entry, books, found)
    return books


def _compare(order: ItemOrder, entry: bytes | None, books: _Books, found: Suspects) -> None:
    order_id, _, stored, _, _, _, units, shipped, buyer_id = order
    is_taken, is_held = standing_of(stored, shipped > 0)
    right = None
    if is_taken:
        books.units[buyer_id] = books.units.get(buyer_id, 0) + units
    if is_held:
        books.held += 1
        right = hold_of(units, buyer_id.hex()).encode()
    if entry != right:
        found.add(order_id.hex(), buyer_id.hex())


async def _compare_customers(infra: Infra, keys: ItemKeys, books: _Books, found: Suspects) -> int:
    """Returns the units of all."""
    total = 0
    async for page in _scan(infra, keys.buyers):
        for customer, units in page.items():
            total += int(units) if units.isdecimal() else 0
            right = 0
            with suppress(ValueError):
                right = books.units.pop(bytes.fromhex(customer), 0)
            if units != str(right) and not found.are_enough:
                found.customers.add(customer)
    for customer_id in books.units:
        if not found.are_enough:
            found.customers.add(customer_id.hex())
    return total


async def _compare_holds(infra: Infra, keys: ItemKeys, found: Suspects) -> None:
    """Those of orders that are not there, or not held any more."""
    async for page in _scan(infra, keys.holds):
        known = await _held(infra, page)
        for order in page.keys() - known:
            found.add(order, page[order].partition("|")[2])
        if found.are_enough:
            return


async def _held(infra: Infra, page: Mapping[str, str]) -> set[str]:
    of_these = Order.id.in_(ids_of(page))
    async with infra.database.read(_READ_WITHIN) as session:
        rows = await session.scalars(select(Order.id).where(of_these, Order.status.in_(HOLDING)))
        return {order_id.hex for order_id in rows}


def ids_of(names: Collection[str]) -> list[UUID]:
    """Returns the ids that these are the hex of; the others are none."""
    found = []
    for name in names:
        with suppress(ValueError):
            found.append(UUID(name))
    return found


async def _scan(infra: Infra, name: str) -> AsyncIterator[dict[str, str]]:
    """Page by page; what changes meanwhile may be missed, or come twice."""
    cursor = b"0"
    while True:
        [(cursor, pairs)] = await infra.redis.execute(("HSCAN", name, cursor, "COUNT", _PAGE))
        texts = [part.decode(errors="replace") for part in pairs]
        yield dict(zip(texts[::2], texts[1::2], strict=True))
        if cursor == b"0":
            return
