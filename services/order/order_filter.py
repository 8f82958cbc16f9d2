"""Which of all orders staff look at. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute

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

    def ids(self) -> tuple[Select[UUID], InstrumentedAttribute[UUID]]:
        """Select the orders' ids, each once, and the column that they are sorted and cut by.

        With a SKU they are read along its lines' index, in their order: a page of a million orders is not further
        away than one of ten. A SKU is in one line of an order. Where few orders are looked at anyhow, their lines
        are.
        """
        if self.sku is None or self.number is not None or self.customer_id is not None:
            orders = self._narrow(select(Order.id), Order.id)
            return orders if self.sku is None else orders.where(self._has_line(self.sku)), Order.id
        lines = select(OrderLine.order_id).where(OrderLine.sku == self.sku)
        if self != OrderFilter(sku=self.sku):
            lines = self._narrow(lines.join(Order, Order.id == OrderLine.order_id), OrderLine.order_id)
        return lines, OrderLine.order_id

    @staticmethod
    def _has_line(sku: str) -> ColumnElement[bool]:
        return exists().where(OrderLine.order_id == Order.id, OrderLine.sku == sku)

    def _narrow(self, statement: S, id_: InstrumentedAttribute[UUID]) -> S:
        if self.statuses is not None:
            statement = statement.where(Order.status.in_(self.statuses))
        if self.customer_id is not None:
            statement = statement.where(Order.customer_id == self.customer_id)
        if self.number is not None:
            statement = statement.where(Order.number == self.number.strip().upper())
        return self._within(statement, id_)

    def _within(self, statement: S, id_: InstrumentedAttribute[UUID]) -> S:
        """By the ids as well: they are sorted by time, and the pages by them."""
        if self.placed_from is not None:
            first = first_id_of(self.placed_from.timestamp() - _SLACK)
            statement = statement.where(Order.placed_at >= self.placed_from, id_ >= first)
        if self.placed_before is not None:
            last = first_id_of(self.placed_before.timestamp() + _SLACK)
            statement = statement.where(Order.placed_at < self.placed_before, id_ < last)
        return statement
