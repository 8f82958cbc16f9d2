"""Reserve: take units of a flash-sale item in Redis, all or nothing, each idempotency key once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson

from infra.clock import from_millis
from infra.errors import StoreUnavailable
from infra.redis import raise_wrong
from infra.redis_batch import Argument, Command
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from infra.telemetry import tracing
from models.changes import item_tag
from models.order_document import OrderSnapshot
from services.reservation.keys import (
    SCRIPTS,
    ItemKeys,
    accepted_key,
    ask_with_scripts,
    claim_key,
    command,
    price_text,
)
from services.shared.errors import (
    FlashSaleNotRunning,
    IdempotencyConflict,
    OutOfStock,
    PurchaseLimitReached,
    TryAgain,
)
from services.shared.metrics import RESERVATIONS

CLAIM_SECONDS = 48 * 3600
_AT_ONCE: Final = 4
"""Script calls under way: a slow one does not hold up who comes after it."""


class NotLoaded(Exception):
    """The item's counters are not in Redis, or are from before its last restart."""


class StaleTerms(Exception):
    """The item's price is another by now."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """``snapshot`` is None when the order is in the database; ``fresh`` when this call made the reservation;
    ``accepted`` when it was accepted earlier: there is nothing left to do."""

    order_id: UUID
    snapshot: OrderSnapshot | None
    fresh: bool
    accepted: bool = False


async def reserve(infra: Infra, snapshot: OrderSnapshot) -> Reservation:
    """Reserve what ``snapshot`` (one line) asks for, in one script call with all that are asked for meanwhile.

    A retry gets the reservation that its key made. Errors: OutOfStock, PurchaseLimitReached,
    FlashSaleNotRunning, IdempotencyConflict, TryAgain, NotLoaded, StaleTerms, StoreUnavailable.
    """
    with tracing.span("redis script reserve"):
        reserving = infra.groups.of(
            f"reserve {shard_of(infra, snapshot)}", partial(_reserve_together, infra), at_once=_AT_ONCE
        )
        reply = await reserving.ask(snapshot)
    return _understand(reply, snapshot)


def shard_of(infra: Infra, order: OrderSnapshot) -> str:
    """Returns which of a cluster's servers has the order's item: what is asked of it waits for no other."""
    return infra.redis.at(_keys_of(order).item).tag


async def _reserve_together(infra: Infra, orders: Sequence[OrderSnapshot]) -> list[list[bytes]]:
    """Returns what the script says of each; asked again, the same. Errors: StoreUnavailable."""
    by_item = _by_item(orders)
    calls = [
        (
            [keys.item, keys.buyers, keys.requests, keys.pending, keys.open],
            [RUN_ID, *(part for place in places for part in _arguments(orders[place]))],
        )
        for keys, places in by_item.items()
    ]
    replies = await infra.redis.run_script_many(SCRIPTS["reserve"], calls)
    found: list[list[bytes]] = _in_order(by_item, replies)
    _count(infra, orders, found)
    return found


def _arguments(order: OrderSnapshot) -> tuple[Argument, ...]:
    line = order.lines[0]
    return (
        order.customer_id.hex,
        order.idempotency_key.encode().hex(),
        order.fingerprint,
        order.id.hex,
        line.quantity,
        orjson.dumps(order.to_json()),
        price_text(line.unit_price, order.currency),
    )


def _count(infra: Infra, orders: Sequence[OrderSnapshot], answers: Sequence[list[bytes]]) -> None:
    for outcome, times in Counter(answer[0] for answer in answers).items():
        RESERVATIONS.labels(outcome.decode().lower()).inc(times)
    items = {
        order.lines[0].flash_sale_item_id
        for order, answer in zip(orders, answers, strict=True)
        if answer[0] == b"RESERVED"
    }
    if items:
        infra.changes.note(item_tag(item) for item in items if item is not None)


async def is_key_known(infra: Infra, snapshot: OrderSnapshot) -> bool:
    """Returns whether this customer's key has made an order of the item. Errors: StoreUnavailable."""
    [found] = await infra.redis.execute(("HEXISTS", _keys_of(snapshot).requests, _key_field(snapshot)))
    return bool(found)


def _understand(reply: list[bytes], asked: OrderSnapshot) -> Reservation:
    match reply:
        case [b"RESERVED", _, placed, epoch]:
            return Reservation(asked.id, asked.placed(from_millis(int(placed)), int(epoch)), True)
        case [b"PENDING", _, placed, raw, epoch]:
            first = OrderSnapshot.from_json(orjson.loads(raw)).placed(from_millis(int(placed)), int(epoch))
            return Reservation(first.id, first, False)
        case [b"ACCEPTED", _, placed, raw, epoch]:
            first = OrderSnapshot.from_json(orjson.loads(raw)).placed(from_millis(int(placed)), int(epoch))
            return Reservation(first.id, first, False, True)
        case [b"KNOWN", order]:
            return Reservation(UUID(order.decode()), None, False)
        case [b"OUT", remaining]:
            raise OutOfStock(asked.lines[0].sku, int(remaining))
        case [b"LIMIT", limit, bought]:
            raise PurchaseLimitReached(int(limit), int(bought))
        case [b"NOT_RUNNING", starts, ends]:
            raise FlashSaleNotRunning(from_millis(int(starts)), from_millis(int(ends)))
        case [b"CONFLICT"]:
            raise IdempotencyConflict
        case [b"BUSY"]:
            raise TryAgain
        case [b"STALE"]:
            raise StaleTerms
        case [b"NOT_LOADED"]:
            raise NotLoaded
    raise AssertionError(f"reserve.lua answered {reply!r}")


async def accept(infra: Infra, orders: Sequence[OrderSnapshot]) -> list[bool]:
    """Make orders accepted that the log has acknowledged: from here on their customers can read them.

    Returns whether each was in time, and what had to be asked could be. Errors: StoreUnavailable.
    """
    remembered = [command for order in orders for command in _remember(order)]
    by_item = _by_item(orders)
    scripts = [_acceptance(infra, keys, [orders[place] for place in places]) for keys, places in by_item.items()]
    replies = await ask_with_scripts(infra.redis, *remembered, *scripts)
    kept, answers = replies[: len(remembered)], replies[len(remembered) :]
    failed = [[0] * len(places) for places in by_item.values()]
    told = [none if isinstance(one, Exception) else one for one, none in zip(answers, failed, strict=True)]
    return [
        bool(answer) and not isinstance(kept[2 * place], Exception)
        for place, answer in enumerate(_in_order(by_item, told))
    ]


def is_replaced(infra: Infra, order: OrderSnapshot) -> bool:
    """Returns whether newer counters are known to take the place of those that the order's units came from."""
    of_lines = ((line.flash_sale_item_id, line.epoch) for line in order.lines)
    return any(item_id is not None and infra.reigns.is_over(item_id, epoch) for item_id, epoch in of_lines)


def _by_item(orders: Sequence[OrderSnapshot]) -> dict[ItemKeys, list[int]]:
    """Returns the places of each item's orders: a script's keys are of one item."""
    by_item: dict[ItemKeys, list[int]] = {}
    for place, order in enumerate(orders):
        by_item.setdefault(_keys_of(order), []).append(place)
    return by_item


def _in_order(by_item: Mapping[ItemKeys, Sequence[int]], replies: Sequence[Sequence[Any]]) -> list[Any]:
    """Returns the scripts' answers, one an order, as the orders came."""
    found: dict[int, Any] = {}
    for places, answers in zip(by_item.values(), replies, strict=True):
        found.update(zip(places, answers, strict=True))
    return [found[place] for place in range(len(found))]


def _remember(order: OrderSnapshot) -> tuple[Command, Command]:
    line, key = order.lines[0], accepted_key(order.customer_id)
    assert line.flash_sale_item_id is not None
    return (
        ("HSET", key, order.id.hex, f"{line.flash_sale_item_id.hex}|{line.sku}"),
        ("EXPIRE", key, CLAIM_SECONDS),
    )


def _acceptance(infra: Infra, keys: ItemKeys, orders: Sequence[OrderSnapshot]) -> Command:
    arguments: list[Argument] = [RUN_ID]
    for order in orders:
        arguments += (order.lines[0].epoch, order.id.hex, _key_field(order))
    return command(infra.redis, "accept", [keys.item, keys.requests, keys.pending, keys.open], arguments)


def _keys_of(order: OrderSnapshot) -> ItemKeys:
    line = order.lines[0]
    assert line.flash_sale_item_id is not None
    return ItemKeys.of(line.sku, line.flash_sale_item_id)


def _key_field(snapshot: OrderSnapshot) -> str:
    return f"{snapshot.customer_id.hex}:{snapshot.idempotency_key.encode().hex()}"


async def claim(infra: Infra, orders: Sequence[OrderSnapshot]) -> list[bool | StoreUnavailable]:
    """Tie idempotency keys to their inputs: a reservation's own is only unique within its item.

    Returns whether each was free, or of that input already; or that nobody could be asked.
    """
    replies = await infra.redis.ask(
        *(
            (
                "SET",
                claim_key(order.customer_id, order.idempotency_key.encode().hex()),
                order.fingerprint,
                *("NX", "GET", "EX", CLAIM_SECONDS),
            )
            for order in orders
        )
    )
    raise_wrong(replies)
    return [_is_free(order, earlier) for order, earlier in zip(orders, replies, strict=True)]


def _is_free(order: OrderSnapshot, earlier: bytes | Exception | None) -> bool | StoreUnavailable:
    if isinstance(earlier, StoreUnavailable):
        return earlier
    if isinstance(earlier, Exception):
        return StoreUnavailable("redis")
    return earlier is None or earlier == order.fingerprint.encode()
