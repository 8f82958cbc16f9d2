"""Release and confirm: what becomes of a reservation."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models.changes import item_tag
from models.order_document import OrderSnapshot
from services.reservation.keys import ItemKeys, accepted_key, run

ItemOrders = dict[tuple[str, UUID], list[UUID]]
"""Orders by (SKU, flash-sale item)."""


class Forget(StrEnum):
    """Whether the idempotency keys of released orders are free again: such an order never existed for anyone."""

    NO = "0"
    YES = "1"
    UNTOUCHED = "2"
    """Yes, but an order that a retry has found meanwhile is left alone: the retry may have published it."""


async def release(infra: Infra, orders: ItemOrders, *, forget: Forget = Forget.NO) -> int:
    """Give the units of these orders back, each once; returns how many orders were released.

    Errors: StoreUnavailable.
    """
    released = 0
    for (sku, item_id), order_ids in sorted(orders.items()):
        keys = ItemKeys.of(sku, item_id)
        reply = await run(
            infra.redis,
            "release",
            [keys.item, keys.buyers, keys.requests, keys.pending, keys.holds, keys.late, keys.open],
            [RUN_ID, forget.value, *(order_id.hex for order_id in order_ids)],
        )
        released += max(0, int(reply))
    infra.signals.send({item_id for _, item_id in orders}.union(*orders.values()))
    infra.changes.note(item_tag(item_id) for _, item_id in orders)
    return released


async def settle_holds(infra: Infra, orders: ItemOrders) -> None:
    """Drop the holds of orders whose units have left, and cannot come back. Errors: StoreUnavailable."""
    if orders:
        await infra.redis.execute(
            *(
                ("HDEL", ItemKeys.of(sku, item_id).holds, *(order_id.hex for order_id in ids))
                for (sku, item_id), ids in orders.items()
            )
        )


async def confirm(infra: Infra, orders: Iterable[OrderSnapshot]) -> None:
    """Confirm that orders are in the database now: Redis keeps only their holds. Errors: StoreUnavailable."""
    by_item, by_customer = group(orders)
    if not by_item:
        return
    moves = (confirm_item(infra, sku, item_id, ids) for (sku, item_id), ids in by_item.items())
    forgotten = [
        ("HDEL", accepted_key(customer_id), *(order_id.hex for order_id in ids))
        for customer_id, ids in by_customer.items()
    ]
    await asyncio.gather(*moves, infra.redis.execute(*forgotten))


async def confirm_item(infra: Infra, sku: str, item_id: UUID, order_ids: list[UUID]) -> None:
    """Confirm as ``confirm``, for orders of one item, whoever their customers are."""
    keys = ItemKeys.of(sku, item_id)
    await run(
        infra.redis,
        "confirm",
        [keys.item, keys.pending, keys.holds, keys.open],
        [RUN_ID, *(order_id.hex for order_id in order_ids)],
    )


def group(orders: Iterable[OrderSnapshot]) -> tuple[ItemOrders, dict[UUID, list[UUID]]]:
    """Group orders by item, and by customer."""
    by_item: ItemOrders = defaultdict(list)
    by_customer: dict[UUID, list[UUID]] = defaultdict(list)
    for order in orders:
        by_customer[order.customer_id].append(order.id)
        for line in order.lines:
            if line.flash_sale_item_id is not None:
                by_item[line.sku, line.flash_sale_item_id].append(order.id)
    return by_item, by_customer


async def park(infra: Infra, order: OrderSnapshot) -> None:
    """Park an order whose message is in the dead letters: nobody may decide that it was never published."""
    for line in order.lines:
        if line.flash_sale_item_id is not None:
            keys = ItemKeys.of(line.sku, line.flash_sale_item_id)
            await run(infra.redis, "park", [keys.item, keys.pending, keys.open], [RUN_ID, order.id.hex])
