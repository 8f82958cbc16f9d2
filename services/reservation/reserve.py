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
from models.order_document import LineSnapshot, OrderSnapshot
from services.reservation.keys import (
    SCRIPTS,
    ItemKeys,
    accepted_key,
    ask_with_scripts,
    claim_key,
    command,
    price_text,
    use_key,
)
from services.reservation.own_terms import ITEMS_TERMS, OwnTerms, own_terms
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


Part = tuple[OrderSnapshot, LineSnapshot]
"""What an order reserves of one item: its line of it."""


async def reserve(
    infra: Infra, snapshot: OrderSnapshot, line: LineSnapshot, own: OwnTerms = ITEMS_TERMS
) -> Reservation:
    """Reserve what one line asks for, in one script call with all that are asked for meanwhile.

    A retry gets the reservation that its key made. Errors: OutOfStock, PurchaseLimitReached,
    FlashSaleNotRunning, IdempotencyConflict, TryAgain, NotLoaded, StaleTerms, StoreUnavailable.
    """
    with tracing.span("redis script reserve"):
        reserving = infra.groups.of(
            f"reserve {_shard_of(infra, line)}", partial(_reserve_together, infra), at_once=_AT_ONCE
        )
        reply = await reserving.ask(((snapshot, line), own))
    return _understand(reply, snapshot, line)


def shard_of(infra: Infra, order: OrderSnapshot) -> str:
    """Returns which of a cluster's servers has the order's first item: what is asked of it waits for no other."""
    return _shard_of(infra, order.lines[0])


def _shard_of(infra: Infra, line: LineSnapshot) -> str:
    return infra.redis.at(_keys_of(line).item).tag


async def _reserve_together(infra: Infra, asked: Sequence[tuple[Part, OwnTerms]]) -> list[list[bytes]]:
    """Returns what the script says of each; asked again, the same. Errors: StoreUnavailable."""
    parts = [part for part, _ in asked]
    by_item = _by_item(parts)
    calls = [
        (
            [keys.item, keys.buyers, keys.requests, keys.pending, keys.open],
            [RUN_ID, *(argument for place in places for argument in _arguments(*asked[place]))],
        )
        for keys, places in by_item.items()
    ]
    replies = await infra.redis.run_script_many(SCRIPTS["reserve"], calls)
    found: list[list[bytes]] = _in_order(by_item, replies)
    _count(infra, parts, found)
    return found


def _arguments(part: Part, own: OwnTerms) -> tuple[Argument, ...]:
    order, line = part
    return (
        order.customer_id.hex,
        order.idempotency_key.encode().hex(),
        order.fingerprint,
        order.id.hex,
        line.quantity,
        orjson.dumps(order.to_json()),
        own.price or price_text(line.unit_price, order.currency),
        own_terms(order, own),
    )


def _count(infra: Infra, parts: Sequence[Part], answers: Sequence[list[bytes]]) -> None:
    for outcome, times in Counter(answer[0] for answer in answers).items():
        RESERVATIONS.labels(outcome.decode().lower()).inc(times)
    items = {
        line.flash_sale_item_id
        for (_, line), answer in zip(parts, answers, strict=True)
        if answer[0] == b"RESERVED"
    }
    if items:
        infra.changes.note(item_tag(item) for item in items if item is not None)


async def is_key_known(infra: Infra, snapshot: OrderSnapshot) -> bool:
    """Returns whether this customer's key has made an order of the (first) item. Errors: StoreUnavailable."""
    [found] = await infra.redis.execute(("HEXISTS", _keys_of(snapshot.lines[0]).requests, _key_field(snapshot)))
    return bool(found)


def _understand(reply: list[bytes], asked: OrderSnapshot, line: LineSnapshot) -> Reservation:
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
            raise OutOfStock(line.sku, int(remaining))
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
    parts = [(order, line) for order in orders for line in order.lines]
    by_item = _by_item(parts)
    scripts = [_acceptance(infra, keys, [parts[place] for place in places]) for keys, places in by_item.items()]
    replies = await ask_with_scripts(infra.redis, *remembered, *scripts)
    kept, answers = replies[: len(remembered)], replies[len(remembered) :]
    failed = [[0] * len(places) for places in by_item.values()]
    told = [none if isinstance(one, Exception) else one for one, none in zip(answers, failed, strict=True)]
    is_late = {part[0].id for part, answer in zip(parts, _in_order(by_item, told), strict=True) if not answer}
    return [
        order.id not in is_late and not isinstance(kept[2 * place], Exception)
        for place, order in enumerate(orders)
    ]


async def remember(infra: Infra, order: OrderSnapshot) -> None:
    """Let an accepted order's customer read it, where an attempt before could not say that: Redis was full, or the
    customer's shard away, when the item's own accepted it. Errors: StoreUnavailable."""
    await infra.redis.execute(*_remember(order))


def is_replaced(infra: Infra, order: OrderSnapshot) -> bool:
    """Returns whether newer counters are known to take the place of those that the order's units came from."""
    of_lines = ((line.flash_sale_item_id, line.epoch) for line in order.lines)
    return any(item_id is not None and infra.reigns.is_over(item_id, epoch) for item_id, epoch in of_lines)


def _by_item(parts: Sequence[Part]) -> dict[ItemKeys, list[int]]:
    """Returns the places of each item's parts: a script's keys are of one item."""
    by_item: dict[ItemKeys, list[int]] = {}
    for place, (_, line) in enumerate(parts):
        by_item.setdefault(_keys_of(line), []).append(place)
    return by_item


def _in_order(by_item: Mapping[ItemKeys, Sequence[int]], replies: Sequence[Sequence[Any]]) -> list[Any]:
    """Returns the scripts' answers, one a part, as the parts came."""
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


def _acceptance(infra: Infra, keys: ItemKeys, parts: Sequence[Part]) -> Command:
    arguments: list[Argument] = [RUN_ID]
    for order, line in parts:
        arguments += (line.epoch, order.id.hex, _key_field(order))
    return command(infra.redis, "accept", [keys.item, keys.requests, keys.pending, keys.open], arguments)


def _keys_of(line: LineSnapshot) -> ItemKeys:
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


async def claim_uses(infra: Infra, orders: Sequence[OrderSnapshot]) -> list[bool | StoreUnavailable]:
    """Tie the uses of codes that quotes hold to one order's key each. Returns as ``claim``."""
    keys = [order.idempotency_key.encode().hex().encode() for order in orders]
    replies = await infra.redis.ask(
        *(
            ("SET", use_key(order.customer_id, order.code_hold), key, *("NX", "GET", "EX", CLAIM_SECONDS))
            for order, key in zip(orders, keys, strict=True)
            if order.code_hold is not None
        )
    )
    raise_wrong(replies)
    return [_is_same(key, earlier) for key, earlier in zip(keys, replies, strict=True)]


def _is_free(order: OrderSnapshot, earlier: bytes | Exception | None) -> bool | StoreUnavailable:
    return _is_same(order.fingerprint.encode(), earlier)


def _is_same(mine: bytes, earlier: bytes | Exception | None) -> bool | StoreUnavailable:
    if isinstance(earlier, StoreUnavailable):
        return earlier
    if isinstance(earlier, Exception):
        return StoreUnavailable("redis")
    return earlier is None or earlier == mine
