"""Which of all orders staff look at. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select

from infra.ids import first_id_of
from models import Order, OrderLine, OrderStatus

S = TypeVar("S", bound=Select[Any])
# An id is made about when the order is placed, in another process perhaps, by another clock.
_SLACK = 3600.0


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What is None asks for nothing; ``placed_from`` is in, ``placed_before`` out."""

    statuses: tuple[OrderStatus, ...] | None = None
    customer_id: UUID | None = None
    number: str | None = None
    sku: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None

    def narrow(self, statement: S) -> S:
        if self.statuses is not None:
            statement = statement.where(Order.status.in_(self.statuses))
        if self.customer_id is not None:
            statement = statement.where(Order.customer_id == self.customer_id)
        if self.number is not None:
            statement = statement.where(Order.number == self.number.strip().upper())
        if self.sku is not None:
            statement = statement.where(Order.id.in_(select(OrderLine.order_id).where(OrderLine.sku == self.sku)))
        return self._within(statement)

    def _within(self, statement: S) -> S:
        """By the ids as well: they are sorted by time, and the pages by them."""
        if self.placed_from is not None:
            first = first_id_of(self.placed_from.timestamp() - _SLACK)
            statement = statement.where(Order.placed_at >= self.placed_from, Order.id >= first)
        if self.placed_before is not None:
            last = first_id_of(self.placed_before.timestamp() + _SLACK)
            statement = statement.where(Order.placed_at < self.placed_before, Order.id < last)
        return statement
