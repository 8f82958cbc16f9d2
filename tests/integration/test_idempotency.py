"""Keys: what is asked for again is done once, and known for a month, whatever becomes of Redis."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSale, IdempotencyKey
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale, schedule_request
from services.shared.errors import IdempotencyConflict, InvalidInput
from services.shared.idempotency import KEPT, forget_keys
from tests.factories import stock_of, variant_in_stock

STAFF = new_id()


async def draft_of(infra: Infra, sku: str) -> SaleDraft:
    now = infra.now()
    return SaleDraft("Rush", now, now + timedelta(hours=1), (ItemDraft(sku, Decimal("9.90"), 3, 1),))


async def count(infra: Infra, table: type[FlashSale | IdempotencyKey]) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_sale_is_scheduled_once(infra: Infra) -> None:
    variant = await variant_in_stock(infra)
    draft = await draft_of(infra, variant.sku)
    once = schedule_request(STAFF, "key", draft)
    ids = await asyncio.gather(*(schedule_flash_sale(infra, draft, "test", once) for _ in range(4)))
    assert (len(set(ids)), await count(infra, FlashSale)) == (1, 1)
    assert (await stock_of(infra, variant.sku))["set_aside"] == 3
    await infra.redis.client.flushdb()
    assert await schedule_flash_sale(infra, draft, "test", once) == ids[0]
    other = replace(draft, name="Other")
    with pytest.raises(IdempotencyConflict):
        await schedule_flash_sale(infra, other, "test", schedule_request(STAFF, "key", other))
    # Another's key is another key.
    assert await schedule_flash_sale(infra, draft, "test", schedule_request(new_id(), "key", draft)) != ids[0]
    assert (await stock_of(infra, variant.sku))["set_aside"] == 6


async def test_a_sale_that_is_over_is_still_the_answer(infra: Infra) -> None:
    variant = await variant_in_stock(infra)
    now = infra.now()
    draft = await draft_of(infra, variant.sku)
    once = schedule_request(STAFF, "key", draft)
    sale_id = await schedule_flash_sale(infra, draft, "test", once)
    over = replace(draft, starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1))
    with pytest.raises(InvalidInput):
        await schedule_flash_sale(infra, over, "test", schedule_request(STAFF, "new", over))
    # What was refused is not remembered.
    assert await count(infra, IdempotencyKey) == 1
    tomorrow = replace(infra, now=lambda: now + timedelta(days=1))
    assert await schedule_flash_sale(tomorrow, draft, "test", once) == sale_id


async def test_keys_are_forgotten_after_a_month(infra: Infra) -> None:
    variant = await variant_in_stock(infra)
    draft = await draft_of(infra, variant.sku)
    for key in ("old", "young"):
        await schedule_flash_sale(infra, draft, "test", schedule_request(STAFF, key, draft))
    assert timedelta(days=1) < KEPT
    for key, age in (("old", KEPT + timedelta(minutes=1)), ("young", KEPT - timedelta(minutes=1))):
        async with infra.database.write() as session:
            aged = update(IdempotencyKey).where(IdempotencyKey.key == key)
            await session.execute(aged.values(created_at=infra.now() - age))
    assert [await forget_keys(infra) for _ in range(2)] == [1, 0]
    async with infra.database.read() as session:
        assert list(await session.scalars(select(IdempotencyKey.key))) == ["young"]
