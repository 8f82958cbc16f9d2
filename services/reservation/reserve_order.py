"""Reserve an order of one item or of several, all or nothing.

The items of an order are in different hash slots, so no one script has them all: they are reserved one after the
other in one order, and given back in reverse when one refuses. Each holds the whole order, so that whoever finds
one part of it that nobody has confirmed can decide about it: the log has the order, or it never was.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.order_document import LineSnapshot, OrderSnapshot
from services.reservation.keys import busy_key
from services.reservation.own_terms import ITEMS_TERMS, OwnTerms
from services.reservation.release import Forget, release
from services.reservation.reserve import Reservation, reserve
from services.shared.errors import TryAgain

log = structlog.get_logger(__name__)
_BUSY_MS: Final = 3000
"""Longer than a request waits for Redis; who died in between holds up its own retry for as long."""


Own = Mapping[UUID, OwnTerms]
"""A buyer's own terms by item; of those that are not in it the item's hold."""
NO_OWN_TERMS: Final[Own] = MappingProxyType({})


async def reserve_order(infra: Infra, order: OrderSnapshot, own: Own = NO_OWN_TERMS) -> Reservation:
    """Returns as ``reserve``. Errors: its own; TryAgain also while the same key is being reserved, or when a part
    of what its first request took is still to be undone."""
    if len(order.lines) == 1:
        return await reserve(infra, order, order.lines[0], _own(own, order.lines[0]))
    busy = busy_key(order.customer_id, order.idempotency_key.encode().hex())
    [mine] = await infra.redis.execute(("SET", busy, order.id.hex, "NX", "PX", _BUSY_MS))
    if not mine:
        raise TryAgain(200)
    try:
        return await _reserve_all(infra, order, own)
    finally:
        with suppress(StoreUnavailable):
            await infra.redis.execute(("DEL", busy))


async def _reserve_all(infra: Infra, order: OrderSnapshot, own: Own) -> Reservation:
    parts: list[Reservation] = []
    try:
        for line in order.lines:
            parts.append(await reserve(infra, order, line, _own(own, line)))
    except BaseException:
        # Of a part whose answer was lost nobody knows: it is found unconfirmed, and undone.
        await _give_back(infra, order, parts)
        raise
    if (whole := _joined(parts)) is not None:
        return whole
    await _give_back(infra, order, parts)
    known = next((part for part in parts if part.snapshot is None), None)
    if known is None:
        raise TryAgain
    return known


def _joined(parts: Sequence[Reservation]) -> Reservation | None:
    """Returns the one that they make; None when some are new and some are not, or they are not of one order.

    Such were left by a request that died: its order may be on its way in a life of the counters that is over for
    some of its items, so nobody completes it.
    """
    first = parts[0]
    if len({(part.order_id, part.fresh) for part in parts}) > 1 or first.snapshot is None:
        return None
    found = [part.snapshot for part in parts if part.snapshot is not None]
    if len(found) < len(parts):
        return None
    epochs = [snapshot.lines[place].epoch for place, snapshot in enumerate(found)]
    is_accepted = all(part.accepted for part in parts)
    return Reservation(first.order_id, first.snapshot.with_epochs(epochs), first.fresh, is_accepted)


async def _give_back(infra: Infra, order: OrderSnapshot, parts: Sequence[Reservation]) -> None:
    """In reverse, what this request has taken."""
    lines = [line for line, part in zip(order.lines, parts, strict=False) if part.fresh]
    for line in reversed(lines):
        with suppress(StoreUnavailable):  # then it is found unconfirmed
            await release(infra, {_place(line): [order.id]}, forget=Forget.UNTOUCHED)


def _own(own: Own, line: LineSnapshot) -> OwnTerms:
    return ITEMS_TERMS if line.flash_sale_item_id is None else own.get(line.flash_sale_item_id, ITEMS_TERMS)


def _place(line: LineSnapshot) -> tuple[str, UUID]:
    assert line.flash_sale_item_id is not None
    return line.sku, line.flash_sale_item_id
