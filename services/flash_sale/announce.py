"""Announce what becomes of a sale: an event in the outbox, in the transaction of the change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import FlashSale, FlashSaleItem, OutboxMessage
from services.shared.events import SALES, Event, envelope


def announce(
    session: AsyncSession, kind: str, sale: FlashSale, items: Sequence[FlashSaleItem], now: datetime
) -> None:
    """The sale as it is after the change; prices in minor units. ``unsold`` is there once the item is settled."""
    data = {
        "saleId": sale.id.hex,
        "version": sale.version,
        "name": sale.name,
        "startsAt": sale.starts_at.isoformat(),
        "endsAt": sale.ends_at.isoformat(),
        "paused": sale.paused,
        "cancelled": sale.closed_at is not None and sale.closed_at < sale.starts_at,
        "items": [_item(item) for item in items if item.quantity],
    }
    session.add(
        OutboxMessage(
            id=new_id(),
            topic=SALES,
            key=sale.id.hex,
            envelope=envelope(Event(kind, sale.id.hex, data), now),
            created_at=now,
        )
    )


def _item(item: FlashSaleItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "itemId": item.id.hex,
        "sku": item.sku,
        "price": item.price,
        "currency": item.currency,
        "quantity": item.quantity,
        "perCustomerLimit": item.per_customer_limit,
    }
    return shown if item.settled_at is None else shown | {"unsold": item.remaining}
