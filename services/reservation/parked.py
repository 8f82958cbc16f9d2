"""Parked orders: accepted, their units held, their message in the dead letters."""

from uuid import UUID

from infra.runtime import Infra
from services.reservation.keys import ItemKeys


async def parked_epoch(infra: Infra, sku: str, item_id: UUID, order_id: UUID) -> int | None:
    """The epoch of the counters that hold the parked order's units; None when none do.

    Counters that are loaded again keep parked orders, so it may be newer than the order's own.
    Errors: StoreUnavailable.
    """
    keys = ItemKeys.of(sku, item_id)
    async with infra.redis.guard():
        pipeline = infra.redis.client.pipeline(transaction=True)
        pipeline.hmget(keys.item, "run", "epoch")
        pipeline.hget(keys.pending, order_id.hex)
        (run, epoch), entry = await pipeline.execute()
    if entry is None or run != infra.redis.run_id.encode() or entry.split(b"|", 5)[4] != b"D":
        return None
    return int(epoch)


async def has_parked(infra: Infra, sku: str, item_id: UUID) -> bool:
    """True while there is a parked order of the item. Errors: StoreUnavailable."""
    name = ItemKeys.of(sku, item_id).pending
    async with infra.redis.guard():
        async for _, entry in infra.redis.client.hscan_iter(name, count=500):
            if entry.split(b"|", 5)[4:5] == [b"D"]:
                return True
    return False
