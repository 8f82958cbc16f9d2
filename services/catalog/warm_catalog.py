"""Fill the cache with the catalog before customers ask: newest first, in keyset pages, by one process at a time.

How far it came is kept in Redis, so that another process, or the next start, goes on from there. What is in the
cache already costs a look and no read of the documents.

A page is RUSHCART_WARM_PAGE products. Measured on MariaDB 10.11 and Redis 7.0 on one machine, with 5,000 products
of two variants each, products a second and milliseconds a page:

    10: 416/s, 24 ms     100: 2,812/s, 33 ms     500: 2,989/s, 138 ms    2,000: 2,635/s, 685 ms
    50: 2,232/s, 22 ms   200: 3,013/s, 58 ms   1,000: 2,993/s, 345 ms

With 10 nearly all of the time goes into the statements and round trips that every page costs: it takes seven times
as long. Beyond 200 nothing is won, and a page comes near the time that a read of the database may take.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product, ProductStatus, Variant
from models.documents import SCHEMA, product_key, sku_key, slug_key, variant_key
from services.catalog.fill_products import fill_products
from services.catalog.views import documents_of

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
"""Products done, and of how many."""

_STATE: Final = "cache:warming"
_LOCK: Final = "cache:warming:lock"
_DONE: Final = "cache:warmed"
_LOCK_TTL: Final = 15
_STATE_TTL: Final = 3_600


@dataclass(frozen=True, slots=True)
class Warmed:
    """``products`` were looked at by this call, ``resumed`` had been before it."""

    products: int
    resumed: int


@dataclass(frozen=True, slots=True)
class _Place:
    """The last product that was done, and how many were."""

    last: UUID | None
    done: int


async def warm_catalog(infra: Infra, *, progress: Progress | None = None, anew: bool = False) -> Warmed | None:
    """Go on where the last one stopped, to the end. ``anew``: from the start, also when it was done lately.

    None when there is nothing to do: it was done lately, or another process is at it. Errors: StoreUnavailable.
    """
    token, mark = os.urandom(8).hex(), await _mark(infra)
    if not await _begin(infra, token, mark, anew):
        return None
    total = await _count(infra)
    begun = place = await _read_place(infra, mark, anew)
    _report(progress, place.done, total)
    while page := await _page(infra, place.last):
        await fill_products(infra, await _owners(infra, page))
        place = _Place(page[-1][0], place.done + len(page))
        if not await _keep_place(infra, token, mark, place):
            return None  # it took so long that another took over
        _report(progress, place.done, max(total, place.done))
    await _finish(infra, mark)
    log.info("catalog.warmed", products=place.done)
    return Warmed(place.done - begun.done, begun.done)


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


async def _begin(infra: Infra, token: str, mark: bytes, anew: bool) -> bool:
    if not anew:
        [done] = await infra.redis.execute(("GET", _DONE))
        if done == mark:
            return False
    [ours] = await infra.redis.execute(("SET", _LOCK, token, "NX", "EX", _LOCK_TTL))
    return ours is not None


async def _mark(infra: Infra) -> bytes:
    """What was warmed under another mark is of the past: documents have another shape, or all were forgotten."""
    return b"%d:%s" % (SCHEMA, (await documents_of(infra).epoch()).hex().encode())


async def _read_place(infra: Infra, mark: bytes, anew: bool) -> _Place:
    [found] = await infra.redis.execute(("HMGET", _STATE, "mark", "last", "done"))
    of_mark, last, done = found
    if anew or of_mark != mark or last is None or done is None:
        return _Place(None, 0)
    return _Place(UUID(bytes=last), int(done))


async def _keep_place(infra: Infra, token: str, mark: bytes, place: _Place) -> bool:
    """False when the lock is another's by now."""
    assert place.last is not None
    kept = ("HSET", _STATE, "mark", mark, "last", place.last.bytes, "done", place.done)
    [holder, *_] = await infra.redis.execute(
        ("GET", _LOCK), ("EXPIRE", _LOCK, _LOCK_TTL), kept, ("EXPIRE", _STATE, _STATE_TTL)
    )
    return bool(holder == token.encode())


async def _finish(infra: Infra, mark: bytes) -> None:
    # Documents live as long; those that are asked for are refilled as they end.
    lately = max(1, round(infra.settings.cache_ttl / 2))
    await infra.redis.execute(("DEL", _STATE), ("DEL", _LOCK), ("SET", _DONE, mark, "EX", lately))


async def _count(infra: Infra) -> int:
    statement = select(func.count()).select_from(Product).where(Product.status == ProductStatus.PUBLISHED)
    async with infra.database.read() as session:
        return await session.scalar(statement) or 0


async def _page(infra: Infra, after: UUID | None) -> Sequence[tuple[UUID, str]]:
    """Read ids and slugs."""
    statement = select(Product.id, Product.slug).where(Product.status == ProductStatus.PUBLISHED)
    if after is not None:
        statement = statement.where(Product.id < after)
    statement = statement.order_by(Product.id.desc()).limit(infra.settings.warm_page)
    async with infra.database.read() as session:
        return [(row[0], row[1]) for row in await session.execute(statement)]


async def _owners(infra: Infra, page: Sequence[tuple[UUID, str]]) -> dict[str, UUID]:
    """Find the product behind each key that leads to one of these."""
    owners = {product_key(product_id): product_id for product_id, _ in page}
    owners |= {slug_key(slug): product_id for product_id, slug in page}
    statement = select(Variant.id, Variant.sku, Variant.product_id).where(
        Variant.product_id.in_(i for i, _ in page)
    )
    async with infra.database.read() as session:
        for variant_id, sku, product_id in await session.execute(statement):
            owners |= {variant_key(variant_id): product_id, sku_key(sku): product_id}
    return owners
