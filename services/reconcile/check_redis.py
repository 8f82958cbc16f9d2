"""Check the counters in Redis against the database, while orders may be on their way between the two.

Redis is read first, all of an item at one moment, then the database. An order goes through *reserved*
(Redis: pending), *persisted* (database), *confirmed* (Redis: hold), *closed* (database), *released* (Redis),
so at the moment Redis was read its counters were to tell of

* every pending order, whatever the database says of it by now,
* every hold, also of an order that was closed and is being released, and
* every order in the database that was not given back, unless it was placed after that moment.

What these took, and what is left, make the item's quantity: exactly, however busy the sale is. Only a hold
whose order is closed can be right for a moment and wrong for good. So what differs is looked at again, once
the workers have read the log as it is now, and only what differs each time is reported.

Of a big item only what ``find_suspects`` finds is looked at in this way. All other customers are right, one by
one; their units are summed up in Redis, so the equation is still that of the whole item.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from infra.runtime import Infra
from services.reconcile.books import ItemBooks
from services.reconcile.find_suspects import Suspects, find_suspects
from services.reconcile.live_item import LiveItem, Taken, read_live, read_orders, read_pending_units
from services.reconcile.report import Difference, Scope, Value
from services.reservation.await_drained import await_drained
from services.reservation.rows import PendingState
from services.shared.order_states import GIVEN_BACK, HOLDING

_LOOKS = 5
_PAUSE = 0.4
# An order of the last moment may have been reserved just after Redis was read; the next look will tell.
_JUST_NOW_MS = 5


@dataclass(slots=True)
class RedisCheck:
    """The differences, and how many reservations are not in the database yet."""

    differences: list[Difference] = field(default_factory=list)
    on_their_way: int = 0
    parked: int = 0


_Item = tuple[ItemBooks, Suspects | None]
"""An item, and what is to be looked at of it; None: all."""


@dataclass(slots=True)
class _Look:
    """One look at an item."""

    item: ItemBooks
    live: LiveItem
    orders: dict[str, Taken]
    pending: dict[str, tuple[Taken, PendingState]]


async def check_redis(infra: Infra, items: Sequence[ItemBooks]) -> RedisCheck:
    """Compare the counters of these items. Those of an earlier life of Redis are loaded anew before they are
    believed by anyone, so they are not looked at. Errors: StoreUnavailable, also when the workers stand still.
    """
    check = RedisCheck()
    suspects: list[_Item] = []
    for item in items:
        only = await find_suspects(infra, item)
        look = await _look(infra, (item, only))
        check.on_their_way += sum(order not in look.orders for order in look.pending)
        check.parked += sum(state == PendingState.PARKED for _, state in look.pending.values())
        if _compare(infra, look):
            suspects.append((item, only))
    if suspects:
        await await_drained(infra)
        check.differences = await _look_again(infra, suspects)
    return check


async def _look_again(infra: Infra, suspects: Sequence[_Item]) -> list[Difference]:
    """Look again; returns what differs at every look."""
    last: dict[UUID, _Look] = {}
    lasting: dict[UUID, set[str]] = {}
    for _ in range(_LOOKS):
        await asyncio.sleep(_PAUSE)
        for item, only in suspects:
            if only is not None:
                only.sums_up = False  # it did before
            last[item.id] = look = await _look(infra, (item, only))
            now = {difference.what for difference in _compare(infra, look)}
            lasting[item.id] = lasting.get(item.id, now) & now
        suspects = [(item, only) for item, only in suspects if lasting[item.id]]
    return [d for item, _ in suspects for d in _conclude(infra, last[item.id], lasting[item.id])]


def _conclude(infra: Infra, look: _Look, lasting: set[str]) -> Iterator[Difference]:
    """The last look once more, now that it is known which holds will never be released."""
    stale = {order for order in look.live.holds if _hold(order) in lasting}
    for difference in _compare(infra, look, stale):
        if difference.what in lasting or (stale and not difference.what.startswith(_hold(""))):
            yield difference


async def _look(infra: Infra, of: _Item) -> _Look:
    item, only = of
    live = await read_live(infra, item, only)
    orders = await read_orders(infra, item.id, only)
    read = {order: read_pending_units(entry) for order, entry in live.pending.items()}
    if only is not None:
        orders = {order: taken for order, taken in orders.items() if taken.customer in only.customers}
        read = {order: found for order, found in read.items() if not found or found[0].customer in only.customers}
        live = replace(live, pending={order: live.pending[order] for order in read})
    return _Look(item, live, orders, {order: found for order, found in read.items() if found})


def _compare(infra: Infra, look: _Look, stale: Collection[str] = ()) -> list[Difference]:
    """Returns what differs; ``stale``: holds of closed orders that are not on their way to be released."""
    run = look.live.item.get("run")
    if run != look.live.reign:
        if run or look.item.ends_at <= infra.now():
            return []
        return [_difference(look, "counters", "loaded", "being loaded" if run == "" else None)]
    return [*_compare_holds(look), *_compare_units(look, stale)]


def _compare_holds(look: _Look) -> Iterator[Difference]:
    live = look.live
    for order, entry in live.pending.items():
        if order not in look.pending:
            yield _difference(look, f"reservation {order}", "an entry", entry)
    for order, entry in live.holds.items():
        known = look.orders.get(order)
        right = known.hold if known and known.status in HOLDING else None
        if entry != right:
            yield _difference(look, _hold(order), right, entry)
    for order, known in look.orders.items():
        is_known = order in live.holds or order in live.pending
        if known.status in HOLDING and not is_known and _is_before(known, live):
            yield _difference(look, _hold(order), known.hold, None)


def _compare_units(look: _Look, stale: Collection[str]) -> Iterator[Difference]:
    by_customer: dict[str, int] = {}
    for taken in _taken(look, stale):
        by_customer[taken.customer] = by_customer.get(taken.customer, 0) + taken.units
    right = look.item.quantity - look.live.rest - sum(by_customer.values())
    if (left := _number(look.live.item.get("remaining"))) != right:
        yield _difference(look, "remaining", right, left)
    for customer in sorted(by_customer.keys() | look.live.buyers.keys()):
        units, found = by_customer.get(customer, 0), _number(look.live.buyers.get(customer))
        if units != (found or 0):
            yield _difference(look, f"units of customer {customer}", units, found)


def _taken(look: _Look, stale: Collection[str]) -> Iterator[Taken]:
    live = look.live
    for order, (taken, _) in look.pending.items():
        yield look.orders.get(order, taken)
    for order, known in look.orders.items():
        if order in look.pending:
            continue
        if order in live.holds and known.status in GIVEN_BACK:
            if order not in stale:
                yield known
        elif known.status not in GIVEN_BACK and (order in live.holds or _is_before(known, live)):
            yield known


def _is_before(known: Taken, live: LiveItem) -> bool:
    return known.placed_ms < live.at_ms - _JUST_NOW_MS


def _hold(order: str) -> str:
    return f"hold of {order}"


def _number(text: str | None) -> Value:
    return int(text) if text is not None and text.lstrip("-").isdecimal() else text


def _difference(look: _Look, what: str, expected: Value, found: Value) -> Difference:
    item = look.item
    return Difference(Scope.REDIS, item.sku, item.id, what, expected, found, warehouse=item.warehouse)
