"""Read an item's orders, page after page: a million of them do not fit into memory at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Row, Select, String, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from infra.ids import first_id_of, made_at
from models import Order, OrderLine
from models.order import BUYER

PAGE: Final = 4_000
# Ids are made by several processes, each by its own clock.
_SLACK: Final = 3600.0
_ALONG: Final = "FORCE INDEX (ix_order_lines_sku_order_id)"

ItemOrder = Row[bytes, bytes, str, str, str, bool, int, int, bytes]
"""Order, customer (their bytes: to make a UUID of each takes as long as all else), state, idempotency key,
fingerprint, whether it is recent, units, how many of them are shipped, and the buyer (bytes)."""


def before_those_since(moment: float) -> UUID:
    """Returns an id before those of all orders that were placed at that moment (Unix time) or later."""
    return first_id_of(moment - _SLACK)


def before_all(item_id: UUID) -> UUID:
    """Returns an id before those of all orders of the item."""
    return before_those_since(made_at(item_id))


async def next_orders(
    session: AsyncSession, sku: str, item_id: UUID, after: UUID, recent: datetime
) -> tuple[Sequence[ItemOrder], UUID | None]:
    """Read the item's next orders, in the order of their ids; and after which id to go on, None at the end.

    Along the index by SKU and order, as that of items has no order.
    """
    # Not by the session: what it can do with rows takes as long as to read them.
    connection = await session.connection()
    rows = (await connection.execute(_page(sku, item_id, after, recent))).all()
    return rows, UUID(bytes=rows[-1][0]) if len(rows) == PAGE else None


def _page(
    sku: str, item_id: UUID, after: UUID, recent: datetime
) -> Select[bytes, bytes, str, str, str, bool, int, int, bytes]:
    return (
        select(
            _bytes(OrderLine.order_id),
            _bytes(Order.customer_id),
            type_coerce(Order.status, String),
            Order.idempotency_key,
            Order.fingerprint,
            Order.placed_at >= recent,
            OrderLine.kept,
            OrderLine.shipped,
            type_coerce(BUYER, LargeBinary(16)),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.sku == sku, OrderLine.order_id > after)
        # No index is to be used for this: it would have to be sorted.
        .where(func.coalesce(OrderLine.flash_sale_item_id, b"") == item_id)
        .order_by(OrderLine.order_id)
        .limit(PAGE)
        .with_hint(OrderLine, _ALONG, "mysql")
        .with_hint(OrderLine, _ALONG, "mariadb")
    )


def _bytes(column: InstrumentedAttribute[Any]) -> ColumnElement[bytes]:
    return type_coerce(column, LargeBinary(16))
