"""What is true in the end, against what the customers were told."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chaos.money import MoneyVerdict, judge_money
from chaos.waiting import until
from chaos.wishes import Wish
from infra.runtime import Infra
from models import FlashSaleItem, Order, OrderLine, OrderStatus, OutboxMessage, StockCause, StockEntry, StockLevel
from models.flash_sale_document import FlashItemDoc
from services.reconcile.books import one_moment
from services.reconcile.reconcile import reconcile
from services.reservation.keys import ItemKeys
from services.shared.events import ORDER_WORKERS, ORDERS
from services.shared.order_states import GIVEN_BACK

_WITHIN = 60.0
_Changes = Counter[tuple[UUID | None, StockCause]]


@dataclass(slots=True)
class Verdict:
    """``several``: orders of more than one item; ``armed``: those that were. ``lost``: accepted orders that are
    not there, or answers that are not true; ``doubled``: more than one order of a key, or more than one change of
    an order's units; ``books``: what does not add up."""

    accepted: int = 0
    orders: int = 0
    cancelled: int = 0
    expired: int = 0
    units: int = 0
    sold: int = 0
    paid: int = 0
    left: int = 0
    several: int = 0
    armed: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    books: list[str] = field(default_factory=list)
    money: MoneyVerdict = field(default_factory=MoneyVerdict)

    @property
    def right(self) -> bool:
        return not (self.lost or self.doubled or self.books or self.money.wrong)


@dataclass(frozen=True, slots=True)
class _Row:
    """What an order has of one item."""

    id: UUID
    customer_id: UUID
    key: str
    status: str
    quantity: int


_Orders = dict[UUID, dict[UUID, _Row]]
"""By order and item: each item of an order has a state of its own, of which all are the same."""


async def judge(
    infra: Infra, items: Sequence[FlashItemDoc], wishes: Sequence[Wish], *, settling: float = 30.0
) -> Verdict:
    """Once the log and the outbox are drained; Redis follows the database within ``settling`` seconds.

    Errors: AssertionError when they do not come to rest.
    """
    await _drained(infra)
    verdict = Verdict(money=await judge_money(infra, wishes))
    every: defaultdict[UUID, dict[UUID, _Row]] = defaultdict(dict)
    async with one_moment(infra) as session:  # units move while orders expire
        for item in items:
            rows = await _orders(session, item)
            await _count_units(session, item, rows, verdict)
            await _count_changes(session, item, rows, verdict)
            for id_, row in rows.items():
                every[id_][item.id] = row
    _compare(every, wishes, verdict)
    for item in items:
        await _compare_redis(infra, item, verdict, settling)
    verdict.books += [str(difference) for difference in (await reconcile(infra)).differences]
    return verdict


async def _drained(infra: Infra) -> None:
    async def look() -> tuple[int, int]:
        async with infra.database.read() as session:
            outbox = await session.scalar(select(func.count()).select_from(OutboxMessage)) or 0
        return outbox, await infra.events.lag(ORDERS, ORDER_WORKERS)

    await until(look, lambda seen: seen == (0, 0), within=_WITHIN)


async def _orders(session: AsyncSession, item: FlashItemDoc) -> dict[UUID, _Row]:
    columns = (Order.id, Order.customer_id, Order.idempotency_key, Order.status, OrderLine.quantity)
    joined = select(*columns).join(OrderLine, OrderLine.order_id == Order.id)
    # A rejected one took nothing, and was never accepted to anybody.
    kept = joined.where(OrderLine.flash_sale_item_id == item.id, Order.status != OrderStatus.REJECTED)
    found = await session.execute(kept)
    return {row[0]: _Row(*row) for row in found}


async def _count_units(
    session: AsyncSession, item: FlashItemDoc, rows: dict[UUID, _Row], verdict: Verdict
) -> None:
    left = await session.scalar(select(FlashSaleItem.remaining).where(FlashSaleItem.id == item.id)) or 0
    sold = sum(row.quantity for row in rows.values() if row.status not in GIVEN_BACK)
    if sold + left != item.quantity:
        verdict.books.append(f"{sold} sold and {left} left of {item.quantity} units")
    level = (await session.scalars(select(StockLevel).where(StockLevel.sku == item.sku))).one()
    paid = sum(row.quantity for row in rows.values() if row.status == OrderStatus.PAID)
    verdict.units, verdict.sold = verdict.units + item.quantity, verdict.sold + sold
    verdict.left, verdict.paid = verdict.left + left, verdict.paid + paid
    if (level.held, level.committed, level.set_aside) != (sold - paid, paid, left):
        verdict.books.append(
            f"the level has {level.held} held, {level.committed} committed and {level.set_aside} set aside"
        )


async def _count_changes(
    session: AsyncSession, item: FlashItemDoc, rows: dict[UUID, _Row], verdict: Verdict
) -> None:
    """Each order took its units once, gave them back once if it did, and was paid once at most."""
    causes = (StockCause.HELD, StockCause.RELEASED, StockCause.COMMITTED)
    entries = select(StockEntry.reference, StockEntry.cause).where(
        StockEntry.sku == item.sku, StockEntry.cause.in_(causes)
    )
    seen: _Changes = Counter((row[0], StockCause(row[1])) for row in await session.execute(entries))
    expected: _Changes = Counter({(row.id, StockCause.HELD): 1 for row in rows.values()})
    expected.update({(r.id, StockCause.RELEASED): 1 for r in rows.values() if r.status in GIVEN_BACK})
    was_paid = {key for key in seen if key[1] == StockCause.COMMITTED}
    expected.update({(r.id, StockCause.COMMITTED): 1 for r in rows.values() if _paid(r, was_paid)})
    for (order, cause), times in ((seen - expected) + (expected - seen)).items():
        verdict.doubled.append(f"order {order}: {cause} is off by {times}")


def _paid(row: _Row, committed: Collection[tuple[UUID | None, StockCause]]) -> bool:
    """One that was cancelled may have been paid before."""
    was = (row.id, StockCause.COMMITTED) in committed
    return row.status == OrderStatus.PAID or (row.status == OrderStatus.CANCELLED and was)


def _compare(orders: _Orders, wishes: Sequence[Wish], verdict: Verdict) -> None:
    rows = {id_: next(iter(of_items.values())) for id_, of_items in orders.items()}
    by_key = Counter((row.customer_id, row.key) for row in rows.values())
    verdict.orders = len(rows)
    verdict.several = sum(len(of_items) > 1 for of_items in orders.values())
    verdict.armed = sum(wish.quote is not None and bool(wish.orders) for wish in wishes)
    verdict.cancelled = sum(row.status == OrderStatus.CANCELLED for row in rows.values())
    verdict.expired = sum(row.status == OrderStatus.EXPIRED for row in rows.values())
    for wish in wishes:
        verdict.accepted += bool(wish.orders)
        times = by_key.pop((wish.customer_id, wish.key), 0)
        if times > 1 or len(wish.orders) > 1:
            verdict.doubled.append(f"key {wish.key}: {times} orders, {len(wish.orders)} shown")
        if wish.refused and times:
            verdict.lost.append(f"key {wish.key}: refused, but there is an order")
        verdict.lost += [
            f"order {id_}: {problem}" for id_ in wish.orders if (problem := _untrue(orders, id_, wish))
        ]
    verdict.doubled += [f"key {key}: an order that nobody asked for" for _, key in by_key]


def _untrue(orders: _Orders, order_id: UUID, wish: Wish) -> str | None:
    of_items = orders.get(order_id)
    if of_items is None:
        return "accepted, and not there"
    row = next(iter(of_items.values()))
    units = {item_id: one.quantity for item_id, one in of_items.items()}
    if (row.customer_id, row.key) != (wish.customer_id, wish.key) or not wish.is_of(units):
        return "is not what was asked for"
    if wish.quote is not None and row.status == OrderStatus.AWAITING_PAYMENT:
        return "armed, and nobody has taken its money"
    if wish.cancelled and row.status != OrderStatus.CANCELLED:
        return f"cancelled, and is {row.status}"
    return None


async def _compare_redis(infra: Infra, item: FlashItemDoc, verdict: Verdict, settling: float) -> None:
    key = ItemKeys.of(item.sku, item.id).item

    async def look() -> tuple[int, int]:
        [live] = await infra.redis.execute(("HGET", key, "remaining"))
        async with infra.database.read() as session:
            stored = await session.scalar(select(FlashSaleItem.remaining).where(FlashSaleItem.id == item.id))
        return int(live or -1), int(stored or 0)

    try:
        await until(look, lambda seen: seen[0] == seen[1], within=settling)
    except AssertionError as error:
        verdict.books.append(f"Redis and the database count differently: {error}")
