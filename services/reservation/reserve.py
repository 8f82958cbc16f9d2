"""Reserve: take units of a flash-sale item in Redis, all or nothing, each idempotency key once."""

from dataclasses import dataclass
from uuid import UUID

import orjson

from infra.clock import from_millis
from infra.redis import RUN_ID
from infra.redis_batch import Command
from infra.runtime import Infra
from models.changes import item_tag
from models.order_document import OrderSnapshot
from services.reservation.keys import ItemKeys, claim_key, command, price_text, run
from services.shared.errors import (
    FlashSaleNotRunning,
    IdempotencyConflict,
    OutOfStock,
    PurchaseLimitReached,
    TryAgain,
)
from services.shared.metrics import RESERVATIONS

CLAIM_SECONDS = 48 * 3600


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


async def reserve(infra: Infra, snapshot: OrderSnapshot, fingerprint: str) -> Reservation:
    """Reserve what ``snapshot`` (one line) asks for.

    A retry gets the reservation that its key made. Errors: OutOfStock, PurchaseLimitReached,
    FlashSaleNotRunning, IdempotencyConflict, TryAgain, NotLoaded, StaleTerms, StoreUnavailable.
    """
    line = snapshot.lines[0]
    assert line.flash_sale_item_id is not None
    keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
    key = snapshot.idempotency_key.encode().hex()
    reply = await run(
        infra.redis,
        "reserve",
        [keys.item, keys.buyers, keys.requests, keys.pending, keys.open],
        [
            RUN_ID,
            snapshot.customer_id.hex,
            key,
            fingerprint,
            snapshot.id.hex,
            line.quantity,
            orjson.dumps(snapshot.to_json()),
            price_text(line.unit_price, snapshot.currency),
        ],
    )
    RESERVATIONS.labels(reply[0].decode().lower()).inc()
    reservation = _understand(reply, snapshot)
    if reservation.fresh:
        infra.changes.note([item_tag(line.flash_sale_item_id)])
    return reservation


async def is_key_known(infra: Infra, snapshot: OrderSnapshot) -> bool:
    """Returns whether this customer's key has made an order of the item. Errors: StoreUnavailable."""
    line = snapshot.lines[0]
    assert line.flash_sale_item_id is not None
    keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
    async with infra.redis.guard():
        return bool(await infra.redis.client.hexists(keys.requests, _key_field(snapshot)))


def _understand(reply: list[bytes], asked: OrderSnapshot) -> Reservation:
    match reply:
        case [b"RESERVED", _, placed, _, epoch]:
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


def acceptance(infra: Infra, snapshot: OrderSnapshot) -> Command:
    """Returns the command that makes the order accepted: it answers 1, or 0 when that comes too late."""
    line = snapshot.lines[0]
    assert line.flash_sale_item_id is not None
    keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
    return command(
        infra.redis,
        "accept",
        [keys.item, keys.requests, keys.pending, keys.open],
        [RUN_ID, line.epoch, snapshot.id.hex, _key_field(snapshot)],
    )


def _key_field(snapshot: OrderSnapshot) -> str:
    return f"{snapshot.customer_id.hex}:{snapshot.idempotency_key.encode().hex()}"


async def claim(infra: Infra, customer_id: UUID, key: str, fingerprint: str) -> None:
    """Tie an idempotency key to its input, whichever item it is for. Errors: IdempotencyConflict."""
    name = claim_key(customer_id, key.encode().hex())
    [earlier] = await infra.redis.execute(("SET", name, fingerprint, "NX", "GET", "EX", CLAIM_SECONDS))
    if earlier is not None and earlier != fingerprint.encode():
        raise IdempotencyConflict
