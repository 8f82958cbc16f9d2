"""Tell of carts that were changed, and of those that were then left alone with something in them.

Only while a webhook's endpoint wants to know: most shops do not, and carts change more often than anything else.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import Cart, CartItem, WebhookEndpoint
from models.told_later import Telling
from services.shared import tell_rows
from services.shared.shop_events import CartAbandoned, CartLine, CartUpdated
from services.shared.tell import tell

_TYPES: Final = (CartUpdated.type, CartAbandoned.type)
_WANTED: Final = (
    WebhookEndpoint.enabled,
    or_(*(cast(WebhookEndpoint.types, String(5_000)).contains(f'"{name}"') for name in _TYPES)),
)


def any_due(now: Any) -> ColumnElement[bool]:
    """Returns whether a cart is to be told of that anybody wants to know of, as an expression."""
    return and_(exists(select(WebhookEndpoint.id).where(*_WANTED)), tell_rows.any_due(Cart, now))


async def tell_carts(infra: Infra) -> int:
    """Tell of a batch of carts; returns how many were due. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        wanted = list(await session.scalars(select(WebhookEndpoint.created_at).where(*_WANTED)))
    if not wanted:
        return 0
    return await infra.database.transact(
        lambda session: _tell(session, infra, min(wanted)), timeout=WORKERS_PATIENCE
    )


async def _tell(session: AsyncSession, infra: Infra, since: datetime) -> int:
    """What happened before ``since`` is told to nobody."""
    now, wait = infra.now(), timedelta(seconds=infra.settings.shop.cart_abandoned_after)
    rows = await tell_rows.take_due(session, Cart, now)
    lines = await _lines(session, [row.id for row in rows])
    told = [row for row in rows if row.tell_at is not None and row.tell_at >= since]
    await tell(session, now, *(_event(row, lines.get(row.id, ())) for row in told))
    for row in rows:
        _next(row, wait, since, has_lines=row.id in lines)
    return len(rows)


def _next(row: Cart, wait: timedelta, since: datetime, *, has_lines: bool) -> None:
    """After a change a cart waits to be abandoned."""
    abandoned_at = row.updated_at + wait
    if row.tell_as == Telling.UPDATED and has_lines and abandoned_at >= since:
        row.tell_at, row.tell_as = abandoned_at, Telling.ABANDONED
    else:
        row.tell_at = row.tell_as = None


async def _lines(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[CartItem]]:
    found: dict[UUID, list[CartItem]] = defaultdict(list)
    if ids:
        items = select(CartItem).where(CartItem.cart_id.in_(ids)).order_by(CartItem.cart_id, CartItem.added_at)
        for item in await session.scalars(items):
            found[item.cart_id].append(item)
    return found


def _event(row: Cart, items: Sequence[CartItem]) -> CartUpdated | CartAbandoned:
    """A customer's cart has the customer's id."""
    kind = CartAbandoned if row.tell_as == Telling.ABANDONED else CartUpdated
    customer_id = row.id if row.token_hash is None else None
    lines = tuple(CartLine(item.sku, item.variant_id, item.quantity, item.price) for item in items)
    return kind(row.id, customer_id, row.version, row.currency, lines, row.updated_at)
