"""Reconcile: prove that the stock of every SKU adds up, in the database and in Redis, or repair it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import func, select

from infra.runtime import Infra
from models import StockLevel
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.reconcile.books import Books, next_skus, one_moment, read_books
from services.reconcile.check_database import check_database
from services.reconcile.check_redis import RedisCheck, check_redis
from services.reconcile.repair_database import NeedsAPerson, repair_database, repair_redis
from services.reconcile.report import Difference, Outcome, Report, Scope
from services.shared.errors import NotFound

_PARALLEL = 8
Progress = Callable[[int, int], None]
"""Told of (SKUs checked, SKUs in all) after each page."""


async def reconcile(
    infra: Infra, *, fix: bool = False, sku: str | None = None, progress: Progress | None = None
) -> Report:
    """Check every SKU, or one. With ``fix`` what differs is repaired and checked again: "repaired" is a proof.

    It may run beside a sale: nothing is locked to look, and a SKU alone to be repaired.
    Errors: NotFound (the SKU), StoreUnavailable.
    """
    if fix:
        await abandon_unconfirmed(infra)
    total = await _count(infra, sku)
    report = Report()
    async for books in _pages(infra, sku):
        found = await _check_books(infra, books, report)
        report.differences += await _repair(infra, books, found) if fix else found
        report.skus += len({one.sku for one in books})
        if progress is not None:
            progress(report.skus, max(total, report.skus))
    return report


async def _count(infra: Infra, sku: str | None) -> int:
    if sku is not None:
        return 1
    async with one_moment(infra) as session:
        return await session.scalar(select(func.count(StockLevel.sku.distinct()))) or 0


async def _pages(infra: Infra, sku: str | None) -> AsyncIterator[list[Books]]:
    if sku is not None:
        yield await _one(infra, sku)
        return
    after = ""
    while True:
        async with one_moment(infra) as session:
            skus = await next_skus(session, after, infra.settings.warm_page)
            page = await read_books(session, skus) if skus else []
        if not skus:
            return
        yield page
        after = skus[-1]


async def _one(infra: Infra, sku: str) -> list[Books]:
    async with one_moment(infra) as session:
        books = await read_books(session, [sku])
    if not books:
        raise NotFound(f"There is no SKU {sku}.")
    return books


async def _check_books(infra: Infra, books: Sequence[Books], report: Report) -> list[Difference]:
    found = [difference for one in books for difference in check_database(one)]
    redis = await _check_redis(infra, books)
    report.on_their_way += redis.on_their_way
    report.parked += redis.parked
    return found + redis.differences


async def _check_redis(infra: Infra, books: Iterable[Books]) -> RedisCheck:
    return await check_redis(infra, [item for one in books for item in one.unsettled])


async def _repair(infra: Infra, books: Sequence[Books], found: list[Difference]) -> list[Difference]:
    """Several SKUs at the same time: each waits for the requests that are under way."""
    gate = asyncio.Semaphore(_PARALLEL)

    async def repair(sku: str) -> list[Difference]:
        repaired: list[Difference] = []
        async with gate:
            for one in (one for one in books if one.sku == sku):
                wrong = [d for d in found if (d.sku, d.warehouse) == (one.sku, one.warehouse)]
                repaired += await _repair_place(infra, one, wrong) if wrong else []
        return repaired

    skus = sorted({difference.sku for difference in found})
    return [d for one in await asyncio.gather(*map(repair, skus)) for d in one]


async def _repair_place(infra: Infra, books: Books, found: list[Difference]) -> list[Difference]:
    """The database first: Redis is loaded from it. What still differs afterwards is not called repaired."""
    try:
        if any(difference.scope is Scope.DATABASE for difference in found):
            await repair_database(infra, (books.sku, books.warehouse_id))
    except NeedsAPerson as error:
        return [replace(d, outcome=Outcome.NEEDS_A_PERSON, note=str(error)) for d in found]
    broken = {difference.item_id for difference in found if difference.scope is Scope.REDIS}
    for item in books.unsettled:
        if item.id in broken:
            await repair_redis(infra, item)
    again = [one for one in await _one(infra, books.sku) if one.warehouse_id == books.warehouse_id]
    left = {d.place: d for d in await _check_books(infra, again, Report())}
    outcome = [left.pop(d.place, replace(d, outcome=Outcome.REPAIRED)) for d in found]
    return outcome + list(left.values())
