"""Load an item's counters into Redis from the database, when they are not there or cannot be believed.

The order of the steps keeps "never oversold" and "accepted means kept" through a loss of Redis's memory:

1. A fence in Redis: of several loaders only the newest may finish.
2. Orders that were reserved before the loss and shown as accepted are in the event log by now or within the
   time a request waits for the log; wait that long, then until the workers have read past the end.
3. In one transaction, lock the item's row, raise its epoch to the fence's, and read what Redis must know.
   A message of an older epoch that comes later was never acknowledged to a customer: it takes nothing. That holds
   only while the fence stands: without it, counters may have been put in place and sold from since step 2.
4. Put everything in place in one script, unless someone fenced since.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.clock import to_millis
from infra.ids import new_id
from infra.redis import RUN_ID
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, Order, OrderLine
from services.flash_sale.terms import Terms
from services.reservation.await_drained import await_drained
from services.reservation.keys import LOADED_ITEMS, ItemKeys, claim_key, run
from services.reservation.reserve import CLAIM_SECONDS
from services.shared.order_states import GIVEN_BACK, HOLDING, as_to_stock

log = structlog.get_logger(__name__)

_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Fence:
    """Set by one loader. ``run`` is of the server it was set on; ``started`` by Redis's clock."""

    epoch: int
    run: bytes
    token: str
    started: bool

    @property
    def value(self) -> str:
        return f"{self.epoch}|{self.token}"


class FenceMode(StrEnum):
    """Whether a fence may be set around counters that are there: they stop selling at once."""

    MISSING = "0"
    ALWAYS = "1"
    BEFORE_START = "2"
    """Also then, but not once the sale has started."""


class SaleStarted(Exception):
    """By Redis's clock: its item may have been sold from."""


@dataclass(slots=True)
class ItemState:
    """What Redis must know of an item, read under the lock of its row."""

    sku: str
    item_id: UUID
    epoch: int
    remaining: int
    quantity: int
    terms: Terms
    buyers: dict[str, int] = field(default_factory=dict)
    holds: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)


async def load_item(
    infra: Infra, sku: str, item_id: UUID, *, settle: float, drain: bool = True, force: bool = False
) -> bool:
    """Load one item; False when its counters were there already or another loader was faster.

    ``settle``: seconds in which requests of before may still be waiting for the event log. ``drain`` is off
    only for an item that nobody can have ordered; before the start that is known without being told. ``force``
    loads again what is there (repair). Errors: StoreUnavailable, also when the workers do not catch up in time.
    """
    fence = await fence_item(infra, sku, item_id, FenceMode.ALWAYS if force else FenceMode.MISSING)
    if fence is None:
        return False
    if drain and fence.started:
        await asyncio.sleep(settle)
        await await_drained(infra)
    state = await infra.database.transact(lambda session: _read_state(session, infra, item_id, fence))
    done = state is not None and await _put_in_place(infra, ItemKeys.of(sku, item_id), state, fence)
    infra.signals.send([item_id])
    return done


async def fence_item(infra: Infra, sku: str, item_id: UUID, mode: FenceMode) -> Fence | None:
    """Fence an item off from selling, to load it; None when there is nothing to load.

    Errors: SaleStarted (``BEFORE_START``), StoreUnavailable.
    """
    keys = ItemKeys.of(sku, item_id)
    statement = select(FlashSaleItem.epoch, FlashSale.starts_at).join(FlashSale).where(FlashSaleItem.id == item_id)
    async with infra.database.read() as session:
        known = (await session.execute(statement)).first()
    if known is None:
        return None
    token, starts_ms = new_id().hex, to_millis(known[1])
    reply = await run(
        infra.redis, "fence", [keys.item, keys.fence], [RUN_ID, known[0], mode.value, token, starts_ms]
    )
    epoch = int(reply[0])
    if epoch < 0:
        raise SaleStarted
    return Fence(epoch, bytes(reply[1]), token, reply[2] == b"1") if epoch else None


async def _read_state(session: AsyncSession, infra: Infra, item_id: UUID, fence: Fence) -> ItemState | None:
    locked = select(FlashSaleItem, FlashSale).join(FlashSale).where(FlashSaleItem.id == item_id)
    row = (await session.execute(locked.with_for_update(of=FlashSaleItem))).one()
    item, sale = row
    epoch = fence.epoch
    if item.settled_at is not None or item.epoch >= epoch:
        return None
    if not await fence_is_ours(infra, ItemKeys.of(item.sku, item.id), fence):
        return None
    await session.execute(update(FlashSaleItem).where(FlashSaleItem.id == item_id).values(epoch=epoch))
    state = ItemState(
        sku=item.sku,
        item_id=item.id,
        epoch=epoch,
        remaining=item.remaining,
        quantity=item.quantity,
        terms=Terms.of(sale, item),
    )
    await _read_orders(session, state, recent=infra.now() - timedelta(seconds=CLAIM_SECONDS))
    return state


async def fence_is_ours(infra: Infra, keys: ItemKeys, fence: Fence) -> bool:
    """Returns whether nobody else has begun to load the item. Errors: StoreUnavailable."""
    async with infra.redis.guard():
        found = await infra.redis.client.get(keys.fence)
    return found == fence.value.encode()


async def _read_orders(session: AsyncSession, state: ItemState, recent: object) -> None:
    rows = await session.stream(
        select(
            Order.id,
            Order.customer_id,
            Order.status,
            Order.idempotency_key,
            Order.fingerprint,
            (Order.placed_at >= recent).label("recent"),
            OrderLine.quantity,
            OrderLine.shipped,
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.flash_sale_item_id == state.item_id)
    )
    async for order_id, customer_id, stored, key, fingerprint, is_recent, quantity, shipped in rows:
        customer, hex_key, status = customer_id.hex, key.encode().hex(), as_to_stock(stored, shipped)
        if status not in GIVEN_BACK:
            state.buyers[customer] = state.buyers.get(customer, 0) + quantity
        if status in HOLDING:
            state.holds[order_id.hex] = f"{quantity}|{customer}"
        if is_recent:
            state.keys[f"{customer}:{hex_key}"] = f"{order_id.hex}|{fingerprint}"
            state.claims[claim_key(customer_id, hex_key)] = fingerprint


async def _put_in_place(infra: Infra, keys: ItemKeys, state: ItemState, fence: Fence) -> bool:
    buyers, idempotency, holds = parts = keys.parts(new_id().hex)
    await _write_hash(infra, buyers, state.buyers)
    await _write_hash(infra, idempotency, state.keys)
    await _write_hash(infra, holds, state.holds)
    await _write_claims(infra, state.claims)
    async with infra.redis.guard():
        await infra.redis.client.sadd(LOADED_ITEMS, f"{state.item_id.hex}|{state.sku}")
    done = await run(
        infra.redis,
        "load",
        [
            keys.item,
            keys.buyers,
            keys.requests,
            keys.pending,
            keys.holds,
            keys.fence,
            *parts,
            keys.late,
            keys.open,
        ],
        [
            RUN_ID,
            state.epoch,
            state.remaining,
            state.terms.starts_ms,
            state.terms.ends_ms,
            int(state.terms.paused),
            state.terms.limit,
            fence.run,
            fence.token,
            state.terms.version,
            state.terms.price,
            state.quantity,
        ],
    )
    log.info("flash_item.loaded", sku=state.sku, remaining=state.remaining, epoch=state.epoch, done=bool(done))
    return bool(done)


async def _write_hash(infra: Infra, key: str, entries: Mapping[str, str | int]) -> None:
    pairs = list(entries.items())
    for start in range(0, len(pairs), _CHUNK):
        async with infra.redis.guard():
            await infra.redis.client.hset(
                key, items=[part for pair in pairs[start : start + _CHUNK] for part in pair]
            )
            await infra.redis.client.expire(key, 600)


async def _write_claims(infra: Infra, claims: dict[str, str]) -> None:
    pairs = list(claims.items())
    for start in range(0, len(pairs), _CHUNK):
        async with infra.redis.guard():
            pipeline = infra.redis.client.pipeline(transaction=False)
            for key, fingerprint in pairs[start : start + _CHUNK]:
                pipeline.set(key, fingerprint, nx=True, ex=CLAIM_SECONDS)
            await pipeline.execute()
