"""The three promises, proven from the stores once all is quiet: never oversold, accepted means kept, once."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select

from infra.eventlog import dead_letter_topic
from infra.runtime import Infra
from models import (
    Barrier,
    FlashSaleItem,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    OutboxMessage,
    StockCause,
    StockEntry,
    StockLevel,
)
from models.flash_sale_document import FlashItemDoc
from services.reservation.keys import ItemKeys
from services.shared.barrier import PERSIST, RELEASE
from services.shared.events import ORDER_WORKERS, ORDERS
from settings import Settings
from tests.chaos.buyers import OUT_OF_STOCK, Rush
from tests.observer import observer
from tests.waiting import until

_COUNTS = ("on_hand", "available", "set_aside", "held", "committed")


async def prove_sold_out(settings: Settings, rush: Rush, *, given_back: bool = False) -> None:
    """Every unit of the item is in one order that awaits payment, and all who were told so have theirs.

    ``given_back``: holds may have been released meanwhile, as the event log had certainly not taken their orders.
    """
    sold = rush.item.quantity
    async with observer(settings) as infra:
        await _drained(infra, rush.item, OrderStatus.AWAITING_PAYMENT, sold)
        orders = await _orders(infra, rush.item)
        assert Counter(order.status for order in orders) == {OrderStatus.AWAITING_PAYMENT: sold}
        _prove_answers(rush, orders)
        _prove_refusals(rush, orders, given_back=given_back)
        await _prove_history(infra, orders, [OrderStatus.AWAITING_PAYMENT])
        await _prove_stock(infra, rush.item, held=sold)
        await _prove_counters(infra, rush.item, orders)
        await _prove_no_dead_letters(infra)


async def prove_all_returned(settings: Settings, rush: Rush) -> None:
    """The orders of all units expired, each once, and the units can be sold again."""
    sold = rush.item.quantity
    async with observer(settings) as infra:
        await _drained(infra, rush.item, OrderStatus.EXPIRED, sold)
        orders = await _orders(infra, rush.item)
        assert Counter(order.status for order in orders) == {OrderStatus.EXPIRED: sold}
        _prove_answers(rush, orders)
        _prove_refusals(rush, orders)
        await _prove_history(infra, orders, [OrderStatus.AWAITING_PAYMENT, OrderStatus.EXPIRED])
        assert await _barriers(infra, orders) == {PERSIST: sold, RELEASE: sold}
        assert await _ledger(infra, rush.item) == {
            StockCause.RECEIVED: 1,
            StockCause.SET_ASIDE: 1,
            StockCause.HELD: sold,
            StockCause.RELEASED: sold,
        }
        await _prove_stock(infra, rush.item, held=0)
        await _prove_counters(infra, rush.item, [])
        await _prove_no_dead_letters(infra)


async def committed(infra: Infra) -> int:
    """How many messages of the order topic the workers need not read again."""
    end = await infra.events.end(ORDERS)
    return sum(int(offset) for offset in end.values()) - await infra.events.lag(ORDERS, ORDER_WORKERS)


async def persisted(infra: Infra, item: FlashItemDoc) -> int:
    return len(await _orders(infra, item))


async def expired(infra: Infra, item: FlashItemDoc) -> int:
    return sum(order.status == OrderStatus.EXPIRED for order in await _orders(infra, item))


async def _drained(infra: Infra, item: FlashItemDoc, status: OrderStatus, count: int) -> None:
    """The log is read to its end, the outbox is empty, and the orders are there."""

    async def look() -> tuple[int, int, int]:
        orders = await _orders(infra, item)
        async with infra.database.read() as session:
            outbox = await session.scalar(select(func.count()).select_from(OutboxMessage))
        reached = sum(order.status == status for order in orders)
        lag = await infra.events.lag(ORDERS, ORDER_WORKERS) if reached >= count and not outbox else -1
        return reached, outbox or 0, lag

    await until(look, lambda seen: seen[0] >= count and seen[1:] == (0, 0), within=40)


async def _orders(infra: Infra, item: FlashItemDoc) -> list[Order]:
    statement = select(Order).join(OrderLine, OrderLine.order_id == Order.id)
    async with infra.database.read() as session:
        return list(await session.scalars(statement.where(OrderLine.flash_sale_item_id == item.id)))


def _prove_answers(rush: Rush, orders: list[Order]) -> None:
    """One order a key and one a buyer; who was shown an order has it, the same at every answer."""
    by_key = {(order.customer_id, order.idempotency_key): order.id for order in orders}
    assert len(by_key) == len(orders)
    shown = {(buyer.id, buyer.key): {a.order_id for a in buyer.answers if a.order_id} for buyer in rush.buyers}
    assert {key: ids for key, ids in shown.items() if ids} == {key: {order} for key, order in by_key.items()}


def _prove_refusals(rush: Rush, orders: list[Order], *, given_back: bool = False) -> None:
    """Nobody was told "sold out" (each with 0 left) before the last unit was held. Redis's clock is ours."""
    last = max(order.placed_at for order in orders)
    refusals = [answer.at for answer in rush.answers if answer.outcome == OUT_OF_STOCK]
    assert len(refusals) == len(rush.buyers) - len(orders)
    if not given_back:
        assert [at for at in refusals if at < last] == []


async def _prove_history(infra: Infra, orders: list[Order], states: list[OrderStatus]) -> None:
    statement = select(OrderEvent.order_id, OrderEvent.status).order_by(OrderEvent.id)
    async with infra.database.read() as session:
        rows = await session.execute(statement.where(OrderEvent.order_id.in_([order.id for order in orders])))
        history: dict[UUID, list[OrderStatus]] = {}
        for order_id, status in rows:
            history.setdefault(order_id, []).append(status)
    assert history == {order.id: states for order in orders}


async def _barriers(infra: Infra, orders: list[Order]) -> dict[str, int]:
    statement = select(Barrier.operation, func.count()).group_by(Barrier.operation)
    async with infra.database.read() as session:
        rows = await session.execute(statement.where(Barrier.saga_id.in_([order.id for order in orders])))
        return {row[0]: row[1] for row in rows}


async def _ledger(infra: Infra, item: FlashItemDoc) -> dict[StockCause, int]:
    statement = select(StockEntry.cause, func.count()).group_by(StockEntry.cause)
    async with infra.database.read() as session:
        rows = await session.execute(statement.where(StockEntry.sku == item.sku))
        return {StockCause(row[0]): row[1] for row in rows}


async def _prove_stock(infra: Infra, item: FlashItemDoc, *, held: int) -> None:
    """Level, item and the ledger's sums say the same."""
    async with infra.database.read() as session:
        level = (await session.scalars(select(StockLevel).where(StockLevel.sku == item.sku))).one()
        remaining = await session.scalar(select(FlashSaleItem.remaining).where(FlashSaleItem.id == item.id))
        sums = select(*(func.sum(getattr(StockEntry, name)) for name in _COUNTS))
        entries = (await session.execute(sums.where(StockEntry.sku == item.sku))).one()
    left = item.quantity - held
    expected = {"on_hand": item.quantity, "available": 0, "set_aside": left, "held": held, "committed": 0}
    assert {name: getattr(level, name) for name in _COUNTS} == expected
    assert dict(zip(_COUNTS, map(int, entries), strict=True)) == expected
    assert remaining == left


async def _prove_counters(infra: Infra, item: FlashItemDoc, orders: list[Order]) -> None:
    """Redis counts what the database does: what is left, which orders hold units, and whose they are.

    An order that was persisted while Redis was away stays among the pending for some seconds more.
    """
    keys = ItemKeys.of(item.sku, item.id)
    left = item.quantity - len(orders)

    async def look() -> tuple[int, set[str], dict[str, int]]:
        client = infra.redis.client
        remaining = await client.hget(keys.item, "remaining")
        pending, holds = await client.hkeys(keys.pending), await client.hkeys(keys.holds)
        buyers = await client.hgetall(keys.buyers)
        held = {_text(name) for name in (*pending, *holds)}
        return int(remaining or -1), held, {_text(name): int(units) for name, units in buyers.items()}

    expected = left, {order.id.hex for order in orders}, {order.customer_id.hex: 1 for order in orders}
    await until(look, lambda seen: seen == expected, within=15)


async def _prove_no_dead_letters(infra: Infra) -> None:
    assert list(await infra.events.read_all(dead_letter_topic(ORDERS), 1)) == []


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw
