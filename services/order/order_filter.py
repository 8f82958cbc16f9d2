"""Which of all orders staff look at. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from infra.ids import first_id_of
from models import MetadataEntry, Order, OrderLine, OrderStatus, OrderTag
from services.metadata.rows import has_one_of
from services.metadata.views import Found
from services.user.find_users import users_with

S = TypeVar("S", bound=Select[Any])
# An id is made about when the order is placed, in another process perhaps, by another clock.
_SLACK = 3600.0


@dataclass(frozen=True, slots=True)
class Totals:
    """Orders in one currency from ``least`` to ``most`` minor units, both in; None: without end."""

    currency: str
    least: int = 0
    most: int | None = None

    def narrow(self, statement: S) -> S:
        statement = statement.where(Order.currency == self.currency)
        if self.least == self.most:  # said so, they are read in their order
            return statement.where(Order.total == self.least)
        above = statement.where(Order.total >= self.least)
        return above if self.most is None else above.where(Order.total <= self.most)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What is None asks for nothing; ``placed_from`` is in, ``placed_before`` out; ``email`` and ``tag`` are as
    they are stored.
    """

    statuses: tuple[OrderStatus, ...] | None = None
    customer_id: UUID | None = None
    number: str | None = None
    sku: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    email: str | None = None
    tag: str | None = None
    totals: Totals | None = None
    metadata: tuple[Found, ...] = ()

    def ids(self) -> tuple[Select[UUID], InstrumentedAttribute[UUID]]:
        """Select the orders' ids, each once, and the column that they are sorted and cut by.

        With a tag or a SKU they are read along its index, in their order: a page of a million orders is not
        further away than one of ten. A SKU is in one line of an order. Where few orders are looked at anyhow,
        their tags and lines are.
        """
        is_few = self.number is not None or self.customer_id is not None or self.email is not None
        if self.tag is not None and not is_few:
            return self._along(OrderTag.order_id, OrderTag.tag == self.tag, replace(self, tag=None))
        if self.metadata and len(self.metadata[0]) == 1 and not is_few:
            first, *others = self.metadata
            rest = replace(self, metadata=tuple(others))
            return self._along(MetadataEntry.owner_id, has_one_of(first), rest)
        if self.sku is not None and not is_few:
            return self._along(OrderLine.order_id, OrderLine.sku == self.sku, replace(self, sku=None))
        return self._narrow(select(Order.id), Order.id), Order.id

    @staticmethod
    def _along(
        id_: InstrumentedAttribute[UUID], wanted: ColumnElement[bool], rest: "OrderFilter"
    ) -> tuple[Select[UUID], InstrumentedAttribute[UUID]]:
        ids = select(id_).where(wanted)
        return (ids if rest == OrderFilter() else rest._narrow(ids.join(Order, Order.id == id_), id_)), id_

    def _has(self) -> Iterator[ColumnElement[bool]]:
        if self.tag is not None:
            yield exists().where(OrderTag.order_id == Order.id, OrderTag.tag == self.tag)
        if self.sku is not None:
            yield exists().where(OrderLine.order_id == Order.id, OrderLine.sku == self.sku)
        for found in self.metadata:
            entry = aliased(MetadataEntry)
            yield exists().where(entry.owner_id == Order.id, has_one_of(found, entry))
        if self.email is not None:
            yield Order.customer_id.in_(users_with(self.email))

    def _narrow(self, statement: S, id_: InstrumentedAttribute[UUID]) -> S:
        statement = statement.where(*self._has())
        if self.totals is not None:
            statement = self.totals.narrow(statement)
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
