"""Expire orders whose time to pay is over: a sweep that any number of workers may run at once."""

import time
from typing import Any
from uuid import UUID

from opentelemetry.trace import SpanKind
from sqlalchemy import ColumnElement, Exists, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import take_free
from infra.runtime import Infra
from infra.telemetry import tracing
from models import Order, OrderStatus
from services.order.close_orders import Closing, close_orders, release_closed
from services.reservation.release import ItemOrders

BATCH = 500
_CLOSING = Closing(OrderStatus.EXPIRED, "sweep", "Not paid in time.")


def any_due(now: Any) -> Exists:
    """Returns whether an order is due, as an expression."""
    return exists(select(Order.id).where(_is_due(now)))


async def expire_due_orders(infra: Infra) -> int:
    """Expire all that are due, batch by batch; returns how many. Errors: StoreUnavailable."""
    total = 0
    while True:
        begun = time.time_ns()
        expired, held_in_redis = await infra.database.transact(
            lambda session: _expire_batch(session, infra), timeout=WORKERS_PATIENCE
        )
        if not expired:
            return total
        await release_closed(infra, held_in_redis)
        infra.signals.send(expired)
        for traceparent in filter(None, expired.values()):
            tracing.note_span("order expire", SpanKind.CONSUMER, begun, parent=traceparent)
        total += len(expired)


async def _expire_batch(session: AsyncSession, infra: Infra) -> tuple[dict[UUID, str | None], ItemOrders]:
    """Expire a batch; returns the orders, with the trace of each, and what to release of them in Redis: nothing of
    those of a checkout."""
    now = infra.now()
    due = select(Order.id, Order.traceparent).where(_is_due(now))
    found = {row[0]: row[1] for row in await session.execute(take_free(due, Order.expires_at, BATCH))}
    return found, await close_orders(session, list(found), _CLOSING, now) if found else {}


def _is_due(now: Any) -> ColumnElement[bool]:
    return and_(Order.status == OrderStatus.AWAITING_PAYMENT, Order.expires_at <= now)
