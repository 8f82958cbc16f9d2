"""Load an item's counters into Redis from the database, when they are not there or cannot be believed.

The order of the steps keeps "never oversold" and "accepted means kept" through a loss of Redis's memory:

1. A fence in Redis: of several loaders only the newest may finish.
2. Orders that were reserved before the loss and shown as accepted are in the event log by now or within the
   time a request waits for the log; wait that long, then until the workers have read past the end. The server that
   had the counters may live on, and answer processes that do not know of the fence: they are told of its epoch
   through the log, and accept nothing of older ones, nor anything at all once they have not heard from the log for
   as long as is waited here.
3. In a short transaction, lock the item's row and raise its epoch to the fence's, if that is newer. A message of
   an older epoch that comes later was never acknowledged to a customer: it takes nothing. That holds only while
   the fence stands: without it, counters may have been put in place and sold from since step 2.
4. Read what Redis must know, as it is at one moment, without a lock, and write it beside the counters. No order
   comes to the item from the raising of the epoch until step 5: those of older epochs are dropped, and there are
   no counters that give out the new one. So nothing is missing that takes units. Orders may be closed meanwhile:
   one that was closed before the moment has its units in the ``remaining`` that was read; who closes one later
   tells Redis, which notes it as late, and step 5 gives its units back. Each is counted once.
5. Put everything in place in one script, with what is late, unless someone fenced since.
6. Which input a key came with, over all items, is written when the item sells again: it tells a client that uses a
   key for something else, which the database refuses too.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.clock import to_millis
from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem
from services.flash_sale.next_orders import ItemOrder, before_all, next_orders
from services.flash_sale.parts import Parts
from services.flash_sale.terms import Terms
from services.flash_sale.write_claims import write_claims
from services.reservation.await_drained import await_drained
from services.reservation.keys import LOADED_ITEMS, ItemKeys, run
from services.reservation.reserve import CLAIM_SECONDS

log = structlog.get_logger(__name__)

_READ_WITHIN = 300.0


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


@dataclass(frozen=True, slots=True)
class ItemState:
    """The item's row and terms, as they were at the moment of what was written into the parts."""

    sku: str
    item_id: UUID
    remaining: int
    quantity: int
    terms: Terms


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
        await infra.changes.tell_epoch(item_id, fence.epoch)
        await asyncio.sleep(settle)
        await await_drained(infra)
    done = await infra.database.transact(lambda session: _raise_epoch(session, infra, item_id, fence))
    done = done and await _read_and_put_in_place(infra, ItemKeys.of(sku, item_id), item_id, fence)
    infra.signals.send([item_id])
    if done:
        await _remember_inputs(infra, sku, item_id)
    return done


async def _remember_inputs(infra: Infra, sku: str, item_id: UUID) -> None:
    try:
        await write_claims(infra, sku, item_id)
    except StoreUnavailable:
        # The item sells: whoever waits for it must not be told that it does not.
        log.warning("flash_item.claims_left_out", sku=sku)


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
    # One that was told, and given up, is over too: nothing of its epoch would be accepted.
    newest = max(known[0], infra.reigns.newest(item_id))
    token, starts_ms = new_id().hex, to_millis(known[1])
    reply = await run(
        infra.redis, "fence", [keys.item, keys.fence], [RUN_ID, newest, mode.value, token, starts_ms]
    )
    epoch = int(reply[0])
    if epoch < 0:
        raise SaleStarted
    return Fence(epoch, bytes(reply[1]), token, reply[2] == b"1") if epoch else None


async def _raise_epoch(session: AsyncSession, infra: Infra, item_id: UUID, fence: Fence) -> bool:
    locked = select(FlashSaleItem).where(FlashSaleItem.id == item_id).with_for_update()
    item = (await session.scalars(locked)).one()
    if item.settled_at is not None or item.epoch >= fence.epoch:
        return False
    if not await fence_is_ours(infra, ItemKeys.of(item.sku, item.id), fence):
        return False
    await session.execute(update(FlashSaleItem).where(FlashSaleItem.id == item_id).values(epoch=fence.epoch))
    return True


async def fence_is_ours(infra: Infra, keys: ItemKeys, fence: Fence) -> bool:
    """Returns whether nobody else has begun to load the item. Errors: StoreUnavailable."""
    found: bytes | None
    [found] = await infra.redis.execute(("GET", keys.fence))
    return found == fence.value.encode()


async def _read_and_put_in_place(infra: Infra, keys: ItemKeys, item_id: UUID, fence: Fence) -> bool:
    parts = Parts(infra, keys.parts(new_id().hex))
    try:
        async with infra.database.snapshot(_READ_WITHIN) as session:
            state = await _read_item(session, item_id, fence)
            if state is None:
                return False
            await _copy_orders(session, infra, state, parts)
        return await _put_in_place(infra, keys, state, fence, parts)
    except BaseException:
        with suppress(StoreUnavailable):
            await parts.drop()
        raise


async def _read_item(session: AsyncSession, item_id: UUID, fence: Fence) -> ItemState | None:
    statement = select(FlashSaleItem, FlashSale).join(FlashSale).where(FlashSaleItem.id == item_id)
    item, sale = (await session.execute(statement)).one()
    if item.epoch != fence.epoch:
        return None  # settled since, or another loads it
    return ItemState(item.sku, item.id, item.remaining, item.quantity, Terms.of(sale, item))


async def _copy_orders(session: AsyncSession, infra: Infra, state: ItemState, parts: Parts) -> None:
    """The next page is read while one is written."""
    recent = infra.now() - timedelta(seconds=CLAIM_SECONDS)
    page, after = await _next(session, state, before_all(state.item_id), recent)
    while page:
        # Both end, whatever becomes of one.
        found, written = await asyncio.gather(
            _next(session, state, after, recent), parts.write_orders(page), return_exceptions=True
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(found, BaseException):
            raise found
        page, after = found
    await parts.write_buyers()


async def _next(
    session: AsyncSession, state: ItemState, after: UUID | None, recent: datetime
) -> tuple[Sequence[ItemOrder], UUID | None]:
    return ([], None) if after is None else await next_orders(session, state.sku, state.item_id, after, recent)


async def _put_in_place(infra: Infra, keys: ItemKeys, state: ItemState, fence: Fence, parts: Parts) -> bool:
    await infra.redis.execute(("SADD", LOADED_ITEMS, f"{state.item_id.hex}|{state.sku}"))
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
            *parts.names,
            keys.late,
            keys.open,
        ],
        [
            RUN_ID,
            fence.epoch,
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
    log.info("flash_item.loaded", sku=state.sku, remaining=state.remaining, epoch=fence.epoch, done=bool(done))
    return bool(done)
