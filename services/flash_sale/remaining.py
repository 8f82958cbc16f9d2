"""What is left of flash-sale items now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import FlashSaleItem
from models.flash_sale_document import FlashItemDoc
from services.reservation.keys import ItemKeys


async def remaining(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[UUID, int]:
    """Units left by item: Redis's live count, or the database's where Redis has none; 0 once the sale is over."""
    now = infra.now()
    live = {item.id: 0 for item in items if item.is_over(now)}
    live |= await _from_redis(infra, [item for item in items if item.id not in live])
    missing = [item.id for item in items if item.id not in live]
    if missing:
        async with infra.database.read() as session:
            rows = await session.execute(
                select(FlashSaleItem.id, FlashSaleItem.remaining).where(FlashSaleItem.id.in_(missing))
            )
            live |= {row[0]: row[1] for row in rows}
    return live


async def _from_redis(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[UUID, int]:
    if not items:
        return {}
    try:
        async with infra.redis.guard():
            pipeline = infra.redis.client.pipeline(transaction=False)
            for item in items:
                pipeline.hmget(ItemKeys.of(item.sku, item.id).item, "run", "remaining")
            replies = await pipeline.execute()
    except StoreUnavailable:
        return {}
    run_id = infra.redis.run_id.encode()
    return {item.id: int(left) for item, (run, left) in zip(items, replies, strict=True) if run == run_id and left}
