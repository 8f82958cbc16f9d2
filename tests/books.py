"""What must add up, read from the stores themselves."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import FlashSaleItem, Order, OrderLine, OrderStatus, OutboxMessage, StockEntry, StockLevel
from models.flash_sale_document import FlashItemDoc
from services.reservation.keys import ItemKeys
from services.shared.events import ORDERS, SALES
from services.shared.order_states import GIVEN_BACK, HOLDING

_COUNTS = ("on_hand", "available", "set_aside", "held", "committed")


@dataclass(frozen=True, slots=True)
class Counters:
    """An item's keys in Redis, decoded. ``remaining`` is None when the counters are not there."""

    remaining: int | None
    buyers: dict[str, int]
    keys: set[str]
    pending: set[str]
    holds: set[str]


async def counters(infra: Infra, item: FlashItemDoc) -> Counters:
    names = ItemKeys.of(item.sku, item.id)
    async with infra.redis.guard():
        client = infra.redis.at(names.item).client
        remaining = await client.hget(names.item, "remaining")
        hashes: list[dict[bytes, bytes]] = [
            await client.hgetall(name)  # type: ignore[misc]
            for name in (names.buyers, names.requests, names.pending, names.holds)
        ]
    units = {customer.decode(): int(count) for customer, count in hashes[0].items()}
    found = [{field.decode() for field in one} for one in hashes[1:]]
    return Counters(None if remaining is None else int(remaining), units, *found)


async def orders_in(infra: Infra) -> dict[UUID, OrderStatus]:
    """Every order of the database with its status."""
    async with infra.database.read() as session:
        return {row[0]: OrderStatus(row[1]) for row in await session.execute(select(Order.id, Order.status))}


async def outbox_types(infra: Infra, topic: str = ORDERS) -> list[str]:
    """The types of the events of a topic that wait in the outbox, oldest first."""
    waiting = select(OutboxMessage.envelope).where(OutboxMessage.topic == topic)
    async with infra.database.read() as session:
        rows = await session.scalars(waiting.order_by(OutboxMessage.id))
        return [str(envelope["type"]) for envelope in rows]


async def told_of(infra: Infra, thing: str) -> list[tuple[str, dict[str, object]]]:
    """What waits in the outbox of products, customers or carts: the short type and the data, oldest first."""
    waiting = select(OutboxMessage.envelope).where(OutboxMessage.topic == SALES).order_by(OutboxMessage.id)
    async with infra.database.read() as session:
        found = [(str(one["type"]).split("."), one["data"]) for one in await session.scalars(waiting)]
    return [(kind[2], data) for kind, data in found if kind[1] == thing]  # type: ignore[misc]


async def causes(infra: Infra, sku: str) -> Counter[str]:
    """How many ledger entries of the SKU there are, by cause."""
    async with infra.database.read() as session:
        found = await session.scalars(select(StockEntry.cause).where(StockEntry.sku == sku))
        return Counter(str(cause) for cause in found)


async def assert_database_adds_up(infra: Infra, item: FlashItemDoc, *, remaining: int) -> None:
    """Units of the orders, the item's count, the level and the ledger's sums say the same."""
    async with infra.database.read() as session:
        stored = (await session.scalars(select(FlashSaleItem).where(FlashSaleItem.id == item.id))).one()
        level = (await session.scalars(select(StockLevel).where(StockLevel.sku == item.sku))).one()
        entries = list(await session.scalars(select(StockEntry).where(StockEntry.sku == item.sku)))
        units = (
            select(func.coalesce(func.sum(OrderLine.kept), 0))
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.flash_sale_item_id == item.id, Order.status.not_in(GIVEN_BACK))
        )
        sold = await session.scalar(units)
        paid = int(await session.scalar(units.where(Order.status == OrderStatus.PAID)) or 0)
    sums = {name: sum(getattr(entry, name) for entry in entries) for name in _COUNTS}
    assert sums == {name: getattr(level, name) for name in _COUNTS}
    assert level.on_hand == level.available + level.set_aside + level.held + level.committed
    assert (stored.remaining, int(sold or 0) + stored.remaining) == (remaining, item.quantity)
    assert (level.set_aside, level.held, level.committed) == (remaining, item.quantity - remaining - paid, paid)


async def assert_adds_up(infra: Infra, item: FlashItemDoc, *, remaining: int) -> None:
    """The database as above, and Redis says the same: call it once the log and the outbox are drained."""
    await assert_database_adds_up(infra, item, remaining=remaining)
    async with infra.database.read() as session:
        rows = await session.execute(
            select(Order.id, Order.customer_id, Order.status, OrderLine.kept)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(OrderLine.flash_sale_item_id == item.id, Order.status.not_in(GIVEN_BACK))
        )
        kept = [(row[0], row[1], row[2], row[3]) for row in rows]
    bought: Counter[str] = Counter()
    for _, customer, _, units in kept:
        bought[customer.hex] += units
    live = await counters(infra, item)
    assert live.remaining == remaining
    assert live.pending == set()
    assert live.buyers == dict(bought)
    assert live.holds == {order.hex for order, _, status, _ in kept if status in HOLDING}
