"""Persist: a batch of accepted orders into the database, in one transaction, each exactly once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import RACES, WORKERS_PATIENCE
from infra.runtime import Infra
from models import Barrier, FlashSaleItem, MailKind, Order, OrderLine, OrderStatus, StockCause
from models.order_document import LineSnapshot, OrderSnapshot
from services.discount.rows import release_uses
from services.order import rows
from services.order.adopt_codes import adopt_codes
from services.order.mark_paid import mark_free_paid
from services.order.place_armed import place_armed
from services.order.queue_order_mails import of_snapshot, queue_order_mails
from services.reservation.reserve import CLAIM_SECONDS
from services.shared.barrier import PERSIST, barrier_row, passed
from services.shared.events import OrderRejected
from services.shared.order_states import GIVEN_BACK, as_to_stock
from services.shared.tell import tell
from services.stock.rows import change_levels, sum_up
from services.stock.rules import Counts

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Persisted:
    """What became of the batch. ``stored`` are in the database and hold their units, now or from before;
    ``short`` were rejected just now, as the counters had promised what the database does not have; ``refused``
    hold nothing there, so their reservations are to be given back; ``undone`` the same, and their customers were
    told that they never were: they have no row, and their idempotency keys are free. ``waiting`` are those of
    ``stored`` that wait for a payment since just now."""

    stored: list[OrderSnapshot] = field(default_factory=list)
    short: list[OrderSnapshot] = field(default_factory=list)
    refused: list[OrderSnapshot] = field(default_factory=list)
    undone: list[OrderSnapshot] = field(default_factory=list)
    waiting: list[OrderSnapshot] = field(default_factory=list)


async def persist_orders(
    infra: Infra, orders: Sequence[OrderSnapshot], *, timeout: float = WORKERS_PATIENCE
) -> Persisted:
    """Persist a batch of orders in one transaction.

    ``timeout`` in seconds. Errors: StoreUnavailable; DBAPIError for what the database will never take.
    """
    # Another worker may persist one of them meanwhile; the next look sees it.
    return await infra.database.transact(
        lambda session: persist(session, orders, infra.now()), timeout=timeout, races=RACES
    )


async def persist(session: AsyncSession, asked: Iterable[OrderSnapshot], now: datetime) -> Persisted:
    """Persist in the caller's transaction, which looks again when another was faster (``races``)."""
    orders, result = list({order.id: order for order in asked}.values()), Persisted()
    seen = await passed(session, [order.id for order in orders], PERSIST)
    fresh = [order for order in orders if order.id not in seen]
    await _sort_out_seen(session, [order for order in orders if order.id in seen], result)
    if not fresh:
        return result
    items = await _lock_items(session, {_item_id(line) for order in fresh for line in order.lines})
    stale = [order for order in fresh if _is_stale(order, items)]
    live = [order for order in fresh if not _is_stale(order, items)]
    used = await _used_keys(session, live, now)
    reused = [order for order in live if order.id in used]
    if stale or reused:
        log.warning("persist.dropped", stale=_ids(stale), reused=_ids(reused))
    unused = [order for order in live if order.id not in used]
    codeless = await adopt_codes(session, unused, now)
    uncoded = [order for order in unused if order.id in codeless]
    taken, short = await _take_stock(session, items, [one for one in unused if one.id not in codeless], now)
    if with_code := [order.id for order in short if order.code_hold]:
        await release_uses(session, with_code, now)
    holds = rows.of_holds(taken, {item.id: item.warehouse_id for item in items.values()}, now)
    rejected = {rows.SHORT_NOTE: short, rows.REUSED_NOTE: reused, rows.CODE_NOTE: uncoded}
    await _write(session, fresh, taken, holds, rejected, now)
    armed = await place_armed(session, taken, now)
    waiting = [order for order in taken if order.id not in armed or not order.total]
    await _tell_customers(session, waiting, [*short, *reused, *uncoded], now)
    result.stored += taken
    result.waiting += [order for order in waiting if order.total]
    result.short += short
    result.refused += reused + uncoded
    for order in stale:
        # Counters that were not loaded again still know the key of an order of several items.
        (result.undone if len(order.lines) > 1 else result.refused).append(order)
    return result


async def _sort_out_seen(session: AsyncSession, orders: list[OrderSnapshot], result: Persisted) -> None:
    """Delivered again: say the same as the first time."""
    if not orders:
        return
    lines = select(Order.id, Order.status, OrderLine.shipped).join(OrderLine, OrderLine.order_id == Order.id)
    found = await session.execute(lines.where(Order.id.in_([order.id for order in orders])))
    status = {row[0]: as_to_stock(row[1], row[2]) for row in found}
    for order in orders:
        if order.id not in status:
            result.undone.append(order)
        elif status[order.id] != OrderStatus.REJECTED:  # what is done about those, their event says
            (result.refused if status[order.id] in GIVEN_BACK else result.stored).append(order)


def _is_stale(order: OrderSnapshot, items: dict[UUID, FlashSaleItem]) -> bool:
    """Returns whether it was reserved in a life of the counters that is over, and not shown to anyone: see
    ``load_item``.

    It leaves no row but the barrier's, so its idempotency key is free for the retry that was.
    """
    return any(line.epoch < items[item_id].epoch for line in order.lines if (item_id := _item_id(line)) in items)


def _ids(orders: list[OrderSnapshot]) -> list[str]:
    return [str(order.id) for order in orders]


async def _used_keys(session: AsyncSession, orders: list[OrderSnapshot], now: datetime) -> set[UUID]:
    """Find orders whose idempotency key has made another order lately. Called under the items' locks.

    Redis sees to it, unless it lost its memory and the other order's item was not loaded again. Such an order may
    have been shown as accepted, so it is kept as rejected.
    """
    keys = [(order.customer_id, order.idempotency_key) for order in orders]
    found = await session.execute(
        select(Order.customer_id, Order.idempotency_key).where(
            tuple_(Order.customer_id, Order.idempotency_key).in_(keys),
            Order.placed_at > now - timedelta(seconds=CLAIM_SECONDS),
        )
    )
    used = {(row[0], row[1]) for row in found}
    duplicates: set[UUID] = set()
    for order in orders:
        key = (order.customer_id, order.idempotency_key)
        if key in used:
            duplicates.add(order.id)
        used.add(key)
    return duplicates


async def _take_stock(
    session: AsyncSession, items: dict[UUID, FlashSaleItem], orders: list[OrderSnapshot], now: datetime
) -> tuple[list[OrderSnapshot], list[OrderSnapshot]]:
    """First come, first served, as the log has them; one update an item and one a level, however many orders."""
    taken: list[OrderSnapshot] = []
    rejected: list[OrderSnapshot] = []
    wanted: dict[UUID, int] = defaultdict(int)
    for order in orders:
        if all(_fits(line, items, wanted) for line in order.lines):
            taken.append(order)
            for line in order.lines:
                wanted[_item_id(line)] += line.quantity
        else:
            rejected.append(order)
    await _move_units(session, items, wanted, now)
    return taken, rejected


def _item_id(line: LineSnapshot) -> UUID:
    if line.flash_sale_item_id is None:
        raise ValueError("only lines of a flash sale can be persisted yet")
    return line.flash_sale_item_id


async def _lock_items(session: AsyncSession, item_ids: set[UUID]) -> dict[UUID, FlashSaleItem]:
    # In the order of their ids, as every other transaction does: no deadlock.
    found = await session.scalars(
        select(FlashSaleItem).where(FlashSaleItem.id.in_(item_ids)).order_by(FlashSaleItem.id).with_for_update()
    )
    return {item.id: item for item in found}


def _fits(line: LineSnapshot, items: dict[UUID, FlashSaleItem], wanted: dict[UUID, int]) -> bool:
    item = items.get(_item_id(line))
    if item is None:
        return False
    return wanted[item.id] + line.quantity <= item.remaining


async def _move_units(
    session: AsyncSession, items: dict[UUID, FlashSaleItem], wanted: dict[UUID, int], now: datetime
) -> None:
    for item_id in sorted(wanted):
        if wanted[item_id]:
            await session.execute(
                update(FlashSaleItem)
                .where(FlashSaleItem.id == item_id)
                .values(remaining=FlashSaleItem.remaining - wanted[item_id])
                .execution_options(synchronize_session=False)
            )
    held = (
        ((items[item_id].sku, items[item_id].warehouse_id), Counts(set_aside=-units, held=units))
        for item_id, units in wanted.items()
    )
    await change_levels(session, sum_up(held), StockCause.HELD, now)


async def _write(
    session: AsyncSession,
    fresh: list[OrderSnapshot],
    taken: list[OrderSnapshot],
    holds: rows.Rows,
    rejected: dict[str, list[OrderSnapshot]],
    now: datetime,
) -> None:
    connection = await session.connection()
    await connection.execute(insert(Barrier), [barrier_row(order.id, PERSIST, now) for order in fresh])
    batches = rows.of_orders(taken, OrderStatus.AWAITING_PAYMENT, now)
    batches += holds
    for note, orders in rejected.items():
        batches += rows.of_orders(orders, OrderStatus.REJECTED, now, note)
    for table, values in batches:
        if values:
            await connection.execute(insert(table), values)
    told = (
        OrderRejected(order.id, order.customer_id, order.lines, note == rows.SHORT_NOTE)
        for note, orders in rejected.items()
        for order in orders
    )
    await tell(session, now, *told)


async def _tell_customers(
    session: AsyncSession, taken: list[OrderSnapshot], rejected: list[OrderSnapshot], now: datetime
) -> None:
    """By mail; what costs nothing is paid, and its receipt is all that is said, as of what is charged at once."""
    placed = [of_snapshot(order, order.expires_at) for order in taken if order.total]
    await queue_order_mails(session, MailKind.ORDER_PLACED, placed, now)
    free = [(order.id, of_snapshot(order)) for order in taken if not order.total]
    await mark_free_paid(session, free, rows.PIPELINE, now)
    await queue_order_mails(session, MailKind.ORDER_REJECTED, [of_snapshot(order) for order in rejected], now)
