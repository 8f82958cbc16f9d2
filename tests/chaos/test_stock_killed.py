"""kill -9 while staff change stock and a sale comes to its end: each change is made once, and all adds up."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import func, select

from chaos.fleet import Fleet
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, FlashSaleItem, OutboxMessage, StockCause, StockEntry
from tests.chaos.clerks import changes, hire, until_done
from tests.factories import new_warehouse, sale_of, variant_in_stock
from tests.observer import observer
from tests.stock_books import assert_sku_adds_up
from tests.waiting import until

pytestmark = pytest.mark.stack
CLERKS, ROUNDS = 4, 8
CHANGES = CLERKS * ROUNDS * 3
AT_FIRST, SET_ASIDE = 50, 20


async def test_changes_of_stock_and_the_end_of_a_sale(fleet: Fleet) -> None:
    async with observer(fleet.settings) as infra:
        sku = (await variant_in_stock(infra, on_hand=AT_FIRST)).sku
        shop = await new_warehouse(infra, sku[-6:].upper(), priority=200)
        item = await sale_of(infra, sku, quantity=SET_ASIDE, lasts=63.0)
        clerks = await hire(infra, fleet.urls, CLERKS)
        work = asyncio.gather(*(clerk.work(changes(sku, DEFAULT_WAREHOUSE, shop, ROUNDS)) for clerk in clerks))
        for turn in range(3):
            await until_done(clerks, (turn + 1) * CHANGES // 4, work)
            for process in (fleet.serves[turn % 2], fleet.workers[turn % 2], fleet.schedulers[0]):
                process.kill()
            await fleet.complete()
        await work
        await until(lambda: _settled(infra, item.id), bool, within=30)
        await until(lambda: _outbox(infra), lambda left: left == 0, within=30)
        await _prove(infra, sku, shop)


async def _settled(infra: Infra, item_id: UUID) -> bool:
    async with infra.database.read() as session:
        return (
            await session.scalar(select(FlashSaleItem.settled_at).where(FlashSaleItem.id == item_id)) is not None
        )


async def _outbox(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


async def _prove(infra: Infra, sku: str, shop: UUID) -> None:
    levels = await assert_sku_adds_up(infra, sku)
    rounds = CLERKS * ROUNDS
    assert levels[shop].on_hand == levels[shop].available == 2 * rounds
    here = levels[DEFAULT_WAREHOUSE]
    assert here.on_hand == here.available == AT_FIRST + (5 - 1 - 2) * rounds
    async with infra.database.read() as session:
        rows = await session.execute(select(StockEntry.cause, StockEntry.reference).where(StockEntry.sku == sku))
        entries = [(StockCause(row[0]), row[1]) for row in rows]
    assert Counter(cause for cause, _ in entries) == {
        StockCause.RECEIVED: 1 + rounds,
        StockCause.ADJUSTED: rounds,
        StockCause.MOVED: 2 * rounds,
        StockCause.SET_ASIDE: 1,
        StockCause.SALE_ENDED: 1,
    }
    # An operation of its own for each key.
    operations = Counter(entry for entry in entries if entry[0] in (StockCause.ADJUSTED, StockCause.MOVED))
    assert Counter(operations.values()) == {1: rounds, 2: rounds}
