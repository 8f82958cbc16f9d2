"""Warm running and coming flash sales into Redis, page by page, and forget those long over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from infra.ids import new_id
from infra.redis import RedisStore, own_name
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem
from services.flash_sale.load_item import load_item
from services.reservation.keys import LOADED_ITEMS, ItemKeys, look_at_counters
from services.reservation.reserve import CLAIM_SECONDS
from services.shared.patience import requests_patience

log = structlog.get_logger(__name__)
_KEEP_SETTLED = timedelta(seconds=CLAIM_SECONDS)
_PARALLEL = 16
_LONGEST = 3600
_WARMED = "flash:warmed"
"""The reign in which a server was warmed last, and with which slots."""

Progress = Callable[[int, int], None]
"""Told of (items seen, items loaded) after each page."""


@dataclass(frozen=True, slots=True)
class _Mark:
    server: RedisStore
    name: str
    life: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    item_id: UUID
    sku: str
    starts_at: datetime


async def warm_flash_sales(infra: Infra, *, progress: Progress | None = None) -> int:
    """Load every item whose counters are missing or stale; returns how many were loaded.

    Errors: StoreUnavailable.
    """
    last: UUID | None = None
    seen = loaded = 0
    marks = [await _begin(server) for server in infra.redis.servers()]
    while page := await _page(infra, last):
        loaded += await _load_page(infra, page)
        seen += len(page)
        last = page[-1].item_id
        if progress is not None:
            progress(seen, loaded)
    for mark in marks:
        await _finish(mark)
    return loaded


async def _begin(server: RedisStore) -> _Mark:
    name = own_name(server, f"{_WARMED}:{new_id().hex}")
    await server.execute(("SET", name, "", "EX", _LONGEST))
    return _Mark(server, name, await _life(server))


async def _finish(mark: _Mark) -> None:
    # The mark is gone: Redis lost its memory meanwhile, and with it what was loaded.
    [is_there] = await mark.server.execute(("DEL", mark.name))
    if is_there:
        await mark.server.execute(("SET", own_name(mark.server, _WARMED), mark.life))


async def _life(server: RedisStore) -> bytes:
    """Returns the server's reign, and the slots that it has: what came from another is not believed here."""
    slots = ",".join(f"{first}-{last}" for first, last in server.slots)
    return await server.reign() + slots.encode()


async def needs_warming(infra: Infra) -> bool:
    """Returns whether Redis forgot that it was warmed, or restarted since. Errors: StoreUnavailable."""
    for server in infra.redis.servers():
        [warmed] = await server.execute(("GET", own_name(server, _WARMED)))
        if warmed != await _life(server):
            return True
    return False


async def want_warming(infra: Infra, keys: ItemKeys) -> None:
    """Have the workers look for counters to load, within a second. Errors: StoreUnavailable."""
    server = infra.redis.at(keys.item)
    await server.execute(("DEL", own_name(server, _WARMED)))


async def has_lost_counters(infra: Infra) -> bool:
    """Returns whether counters of running or coming sales are not back: orders may be in the log alone.

    Errors: StoreUnavailable.
    """
    if not await needs_warming(infra):
        return False
    last: UUID | None = None
    while page := await _page(infra, last):
        if await _stale(infra, page):
            return True
        last = page[-1].item_id
    return False


async def _page(infra: Infra, after: UUID | None) -> list[_Entry]:
    statement = (
        select(FlashSaleItem.id, FlashSaleItem.sku, FlashSale.starts_at)
        .join(FlashSale, FlashSale.id == FlashSaleItem.sale_id)
        .where(FlashSale.ends_at > infra.now(), FlashSale.closed_at.is_(None))
        .order_by(FlashSaleItem.id)
        .limit(infra.settings.warm_page)
    )
    if after is not None:
        statement = statement.where(FlashSaleItem.id > after)
    async with infra.database.read() as session:
        return [_Entry(*row) for row in await session.execute(statement)]


async def _load_page(infra: Infra, page: list[_Entry]) -> int:
    stale = await _stale(infra, page)
    gate = asyncio.Semaphore(_PARALLEL)

    async def load(entry: _Entry) -> bool:
        async with gate:
            return await load_item(infra, entry.sku, entry.item_id, settle=settle_time(infra, entry.starts_at))

    results = await asyncio.gather(*(load(entry) for entry in stale))
    return sum(results)


async def _stale(infra: Infra, page: list[_Entry]) -> list[_Entry]:
    found = await look_at_counters(infra, [ItemKeys.of(entry.sku, entry.item_id) for entry in page])
    return [entry for entry, (loaded, *_) in zip(page, found, strict=True) if not loaded]


def settle_time(infra: Infra, starts_at: datetime) -> float:
    """Returns how long requests of before the loss may still be waiting for the event log.

    None when the sale has not begun, and none in the embedded mode, whose only server has just started.
    """
    is_alone = infra.settings.embedded and not infra.redis.is_cluster
    if is_alone or starts_at > infra.now():
        return 0.0
    return requests_patience(infra) + 0.2


async def forget_ended(infra: Infra) -> int:
    """Drop the counters of sales that were settled two days ago; returns how many items."""
    server = infra.redis.at(LOADED_ITEMS)
    async with server.guard():
        members = [bytes(member) async for member in server.client.sscan_iter(LOADED_ITEMS)]
    places = {UUID(item): sku for item, _, sku in (member.decode().partition("|") for member in members)}
    dropped = 0
    for start in range(0, len(places), infra.settings.warm_page):
        page = list(places)[start : start + infra.settings.warm_page]
        for item_id in await _settled_long_ago(infra, page):
            await infra.redis.execute(("UNLINK", *ItemKeys.of(places[item_id], item_id).all()))
            await infra.redis.execute(("SREM", LOADED_ITEMS, f"{item_id.hex}|{places[item_id]}"))
            dropped += 1
    return dropped


async def _settled_long_ago(infra: Infra, item_ids: list[UUID]) -> list[UUID]:
    statement = select(FlashSaleItem.id).where(
        FlashSaleItem.id.in_(item_ids), FlashSaleItem.settled_at < infra.now() - _KEEP_SETTLED
    )
    async with infra.database.read() as session:
        return list(await session.scalars(statement))
