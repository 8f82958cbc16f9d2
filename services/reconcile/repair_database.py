"""Repair: database levels from orders, sales and what is on hand; Redis's counters from the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import FlashSaleItem, StockCause, StockEntry
from services.flash_sale.load_item import load_item
from services.flash_sale.warm_flash_sales import settle_time
from services.reconcile.books import Books, ItemBooks, read_books
from services.stock.rows import Origin, change_levels, ledger_row, lock_level
from services.stock.rules import NOTHING, Counts, Place

log = structlog.get_logger(__name__)
ACTOR = "reconcile"
_NOTE_LENGTH = 200


class NeedsAPerson(Exception):
    """The books cannot say what is right; the text says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is right: the level, and what remains of each unsettled item."""

    level: Counts
    remaining: dict[UUID, int]


def plan(books: Books) -> Plan:
    """Plan the repair: ``available`` is what orders and sales leave of what is on hand.

    Pure. Errors: NeedsAPerson.
    """
    if books.level is None:
        raise NeedsAPerson("there is no stock level, so nobody knows what is on hand")
    remaining = {item.id: item.quantity - item.taken for item in books.unsettled}
    if any(left < 0 for left in remaining.values()):
        raise NeedsAPerson("a sale's orders have more units than the sale")
    set_aside = sum(remaining.values())
    available = books.level.on_hand - set_aside - books.held - books.committed
    if available < 0:
        raise NeedsAPerson(f"orders and sales have {-available} more than the {books.level.on_hand} on hand")
    right = Counts(books.level.on_hand, available, set_aside, books.held, books.committed)
    return Plan(right, remaining)


async def repair_database(infra: Infra, place: Place) -> None:
    """Repair the database in one transaction, with a ledger row for each change.

    Errors: NeedsAPerson, StoreUnavailable.
    """
    await infra.database.transact(lambda session: _repair(session, place, infra.now()))


async def _repair(session: AsyncSession, place: Place, now: datetime) -> None:
    await _lock(session, place)
    found = await read_books(session, [place[0]])
    books = next((one for one in found if one.warehouse_id == place[1]), Books(*place))
    right = plan(books)
    entries: list[dict[str, Any]] = []
    for item in books.unsettled:
        if item.remaining != right.remaining[item.id]:
            entries.append(await _repair_item(session, place, item, right.remaining[item.id], now))
    assert books.level is not None
    if right.level != books.level:
        await change_levels(session, {place: right.level.minus(books.level)}, StockCause.REPAIRED, now)
    if not right.level == books.level == books.ledger:
        entries.append(_level_entry(books, books.level, right.level, now))
    if entries:
        await session.execute(insert(StockEntry), entries)
        log.warning(
            "stock.repaired", sku=place[0], warehouse=books.warehouse, changes=[entry["note"] for entry in entries]
        )


async def _lock(session: AsyncSession, place: Place) -> None:
    # Items by id, then the level: the order of every other transaction.
    items = select(FlashSaleItem.id).where(FlashSaleItem.sku == place[0], FlashSaleItem.warehouse_id == place[1])
    await session.execute(items.order_by(FlashSaleItem.id).with_for_update())
    await lock_level(session, place)


async def _repair_item(
    session: AsyncSession, place: Place, item: ItemBooks, right: int, now: datetime
) -> dict[str, Any]:
    await session.execute(
        update(FlashSaleItem)
        .where(FlashSaleItem.id == item.id)
        .values(remaining=right)
        .execution_options(synchronize_session=False)
    )
    return _entry(place, NOTHING, f"sale item: remaining {item.remaining} -> {right}", now, item.id)


def _level_entry(books: Books, before: Counts, after: Counts, now: datetime) -> dict[str, Any]:
    """Make a row that brings the ledger's sums to the level, which may have been changed without the ledger, or
    not at all."""
    place, deltas = (books.sku, books.warehouse_id), after.minus(books.ledger)
    return _entry(place, deltas, ", ".join(_changes(before, after)) or "the ledger alone", now)


def _changes(before: Counts, after: Counts) -> Iterator[str]:
    for name, was, right in zip(Counts._fields, before, after, strict=True):
        if was != right:
            yield f"{name} {was} -> {right}"


def _entry(place: Place, deltas: Counts, note: str, now: datetime, item_id: UUID | None = None) -> dict[str, Any]:
    origin = Origin(StockCause.REPAIRED, ACTOR, item_id, note=note[:_NOTE_LENGTH])
    return ledger_row(place, deltas, origin, now)


async def repair_redis(infra: Infra, item: ItemBooks) -> None:
    """Load the item's counters again; buyers are told to try again meanwhile. Errors: StoreUnavailable."""
    await load_item(infra, item.sku, item.id, settle=settle_time(infra, item.starts_at), force=True)
