"""Shrink what orders hold of sales in Redis."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models.changes import item_tag
from services.reservation.keys import ItemKeys, run
from services.shared.events import KeptUnits

Kept = Mapping[tuple[str, UUID], Mapping[UUID, int]]
"""Units that orders keep, by (SKU, flash-sale item) and order."""


def kept_of(order_id: UUID, units: Iterable[KeptUnits]) -> Kept:
    return {(one.sku, one.item_id): {order_id: one.quantity} for one in units}


async def shrink(infra: Infra, kept: Kept) -> None:
    """Give the units back that orders hold beyond those that they keep, each once: what one keeps only falls.

    Errors: StoreUnavailable.
    """
    for (sku, item_id), orders in sorted(kept.items()):
        keys = ItemKeys.of(sku, item_id)
        pairs = [part for order_id, units in orders.items() for part in (order_id.hex, units)]
        await run(
            infra.redis, "shrink", [keys.item, keys.buyers, keys.pending, keys.holds, keys.late], [RUN_ID, *pairs]
        )
    infra.signals.send({item_id for _, item_id in kept}.union(*kept.values()))
    infra.changes.note(item_tag(item_id) for _, item_id in kept)
