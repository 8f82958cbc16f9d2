"""Events of stock, as rows of the outbox."""

from datetime import datetime
from typing import Any

from infra.ids import new_id
from services.shared.events import STOCK, Event, envelope


def stock_event(kind: str, sku: str, data: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A row of the outbox, to be inserted in the transaction of the change; the messages of a SKU are in order."""
    event = Event(kind, sku, {"sku": sku, **data})
    return {
        "id": new_id(),
        "topic": STOCK,
        "key": sku,
        "envelope": envelope(event, now),
        "created_at": now,
        "claimed_until": None,
    }
