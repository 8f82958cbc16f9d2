"""Repair: database levels from orders, sales and what is on hand; Redis's counters from the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSaleItem, StockCause, StockEntry, StockLevel
from services.flash_sale.load_item import load_item
from services.flash_sale.warm import settle_time
from services.stock.books import Books, Counts, ItemBooks, read_books

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
    """``available`` is what orders and sales leave of what is on hand. Pure. Errors: NeedsAPerson."""
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


async def repair_database(infra: Infra, sku: str) -> None:
    """In one transaction, with a ledger row for each change. Errors: NeedsAPerson, StoreUnavailable."""
    await infra.database.transact(lambda session: _repair(session, sku, infra.now()))


async def _repair(session: AsyncSession, sku: str, now: datetime) -> None:
    await _lock(session, sku)
    books = (await read_books(session, [sku]))[sku]
    right = plan(books)
    entries: list[dict[str, Any]] = []
    for item in books.unsettled:
        if item.remaining != right.remaining[item.id]:
            entries.append(await _repair_item(session, item, right.remaining[item.id], now))
    assert books.level is not None
    if right.level != books.level:
        values = right.level._asdict() | {"updated_at": now}
        await session.execute(update(StockLevel).where(StockLevel.sku == sku).values(values))
    if not right.level == books.level == books.ledger:
        entries.append(_level_entry(books, books.level, right.level, now))
    if entries:
        await session.execute(insert(StockEntry), entries)
        log.warning("stock.repaired", sku=sku, changes=[entry["note"] for entry in entries])


async def _lock(session: AsyncSession, sku: str) -> None:
    # Items by id, then the level: the order of every other transaction.
    items = select(FlashSaleItem.id).where(FlashSaleItem.sku == sku).order_by(FlashSaleItem.id)
    await session.execute(items.with_for_update())
    await session.execute(select(StockLevel.sku).where(StockLevel.sku == sku).with_for_update())


async def _repair_item(session: AsyncSession, item: ItemBooks, right: int, now: datetime) -> dict[str, Any]:
    await session.execute(
        update(FlashSaleItem)
        .where(FlashSaleItem.id == item.id)
        .values(remaining=right)
        .execution_options(synchronize_session=False)
    )
    return _entry(item.sku, Counts(), f"sale item: remaining {item.remaining} -> {right}", now, item.id)


def _level_entry(books: Books, before: Counts, after: Counts, now: datetime) -> dict[str, Any]:
    """It brings the ledger's sums to the level, which may have been changed without the ledger, or not at all."""
    deltas = Counts(*(right - noted for right, noted in zip(after, books.ledger, strict=True)))
    return _entry(books.sku, deltas, ", ".join(_changes(before, after)) or "the ledger alone", now)


def _changes(before: Counts, after: Counts) -> Iterator[str]:
    for name, was, right in zip(Counts._fields, before, after, strict=True):
        if was != right:
            yield f"{name} {was} -> {right}"


def _entry(sku: str, deltas: Counts, note: str, now: datetime, reference: UUID | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "sku": sku,
        "cause": StockCause.REPAIRED,
        **deltas._asdict(),
        "actor": ACTOR,
        "reference": reference,
        "note": note[:_NOTE_LENGTH],
        "at": now,
    }


async def repair_redis(infra: Infra, item: ItemBooks) -> None:
    """Load the item's counters again; buyers are told to try again meanwhile. Errors: StoreUnavailable."""
    await load_item(infra, item.sku, item.id, settle=settle_time(infra, item.starts_at), force=True)
