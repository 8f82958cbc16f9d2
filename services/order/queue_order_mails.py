"""Queue what customers are told of their orders, in the transaction of what it tells of: of a batch in one go."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from string import Template
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id, spoken_number
from infra.plain_rows import ids_in, plain_rows
from models import MailKind, Order, OrderLine, QueuedMail, User
from models.charges_document import Charges
from models.order_document import OrderSnapshot
from services.mail.compose import ORDER_OF_LINK
from services.mail.render import read_phrases, spoken_time
from services.money.amounts import to_decimal
from services.stock.order_steps import Units

Piece = tuple[int, str, int]
"""How many of what, and the minor units that they cost."""
_User = Row[UUID, str, str, str, str | None]
_ORDER: Final = (Order.id, Order.number, Order.customer_id, Order.currency, Order.total, Order.charges)
_ACCOUNT: Final = (User.id, User.email, User.locale, User.display_name, User.guest_email)
_OPEN_ACCOUNTS: Final = select(*_ACCOUNT).where(ids_in(User.id), User.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class MailedOrder:
    """What a mail says of an order. ``values`` are the mail's own; ``phrases`` those that are said in the
    customer's language, each with what its ``$value`` stands for."""

    id: UUID
    number: str
    customer_id: UUID
    currency: str
    total: int
    charges: Charges | None
    units: tuple[Piece, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def of_snapshot(order: OrderSnapshot, expires_at: datetime | None = None) -> MailedOrder:
    units = tuple((line.quantity, line.title, line.quantity * line.unit_price) for line in order.lines)
    values = {} if expires_at is None else {"expires": spoken_time(expires_at)}
    number = spoken_number(order.id)
    return MailedOrder(
        order.id, number, order.customer_id, order.currency, order.total, order.charges, units, values
    )


async def queue_order_mails(
    session: AsyncSession, kind: MailKind, orders: Collection[MailedOrder], now: datetime
) -> None:
    """Queue a mail for each of the orders: one SELECT of their customers, one INSERT.

    Nothing to accounts that are closed.
    """
    if not orders:
        return
    ids = {order.customer_id for order in orders}
    users = {row.id: row for row in await plain_rows(session, _OPEN_ACCOUNTS, {"ids": list(ids)})}
    mails = [_mail_row(kind, order, user, now) for order in orders if (user := users.get(order.customer_id))]
    if mails:
        connection = await session.connection()  # past the session, which looks at each row
        await connection.execute(insert(QueuedMail), mails)


class OrderRow(Protocol):
    """The columns of an order that mails are made of."""

    @property
    def id(self) -> UUID: ...
    @property
    def number(self) -> str: ...
    @property
    def customer_id(self) -> UUID: ...
    @property
    def currency(self) -> str: ...
    @property
    def total(self) -> int: ...
    @property
    def charges(self) -> dict[str, Any] | None: ...


async def mailed_orders(
    session: AsyncSession,
    order_ids: Collection[UUID],
    lines: Iterable[OrderLine] | None = None,
    rows: Iterable[OrderRow] | None = None,
) -> dict[UUID, MailedOrder]:
    """Read what mails say of orders; ``lines`` and ``rows`` are theirs, where they are known already."""
    if lines is None:
        found = select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.position)
        lines = await session.scalars(found)
    units: dict[UUID, list[tuple[OrderLine, int]]] = defaultdict(list)
    for line in lines:
        units[line.order_id].append((line, line.quantity))
    if rows is None:
        rows = (await session.execute(select(*_ORDER).where(Order.id.in_(order_ids)))).all()
    return {
        row.id: MailedOrder(
            row.id,
            row.number,
            row.customer_id,
            row.currency,
            row.total,
            None if row.charges is None else Charges.from_json(row.charges),
            units_of(units[row.id]),
        )
        for row in rows
    }


def units_of(units: Units) -> tuple[Piece, ...]:
    return tuple((count, line.title, count * line.unit_price) for line, count in units)


def with_money_back(order: MailedOrder, amount: int, phrase: str = "money_back") -> MailedOrder:
    """Say how much is given back, unless it is nothing."""
    said = [(phrase, spoken_money(amount, order.currency))] if amount else []
    return replace(order, phrases={"back": said})


def spoken_money(amount: int, currency: str) -> str:
    return f"{to_decimal(amount, currency)} {currency}"


def _mail_row(kind: MailKind, order: MailedOrder, user: _User, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "user_id": user.id,
        "kind": kind,
        "recipient": user.guest_email or user.email,
        "locale": user.locale,
        "data": _mail_data(order, user),
        "created_at": now,
        "due_at": now,
        "attempts": 0,
    }


def _mail_data(order: MailedOrder, user: _User) -> dict[str, str]:
    phrases = read_phrases(user.locale)
    said = {
        name: "\n".join(Template(phrases[phrase]).substitute(value=value) for phrase, value in parts)
        for name, parts in {"sums": _sums(order), **order.phrases}.items()
    }
    total = spoken_money(order.total, order.currency)
    lines = "\n".join(f"{n} × {title}: {spoken_money(cost, order.currency)}" for n, title, cost in order.units)
    named = {"name": user.display_name, "number": order.number, "lines": lines, "total": total, "amount": total}
    # Of a guest's mail the worker makes the link to the order, when it sends it.
    linked = {} if user.guest_email is None else {ORDER_OF_LINK: order.id.hex}
    return {**named, **said, **order.values, **linked}


def _sums(order: MailedOrder) -> list[tuple[str, str]]:
    """From what the lines cost to the total, so that it adds up; tax that is in the prices comes after it."""
    charges, steps = order.charges, list[tuple[str, int]]()
    if charges is not None:
        steps = [("subtotal", charges.subtotal), ("discount", charges.discount), ("shipping", charges.shipping)]
        steps += [("shipping_discount", charges.shipping_discount)]
    always = ("subtotal", "shipping")
    steps = [(phrase, amount) for phrase, amount in steps if amount or phrase in always]
    said = [(phrase, spoken_money(amount, order.currency)) for phrase, amount in steps]
    total = ("total", spoken_money(order.total, order.currency))
    if charges is None:
        return [*said, total]
    if charges.tax_inclusive:
        return [*said, total, *(("tax_included", tax) for tax in _taxes(charges, order.currency))]
    return [*said, *(("tax", tax) for tax in _taxes(charges, order.currency)), total]


def _taxes(charges: Charges, currency: str) -> list[str]:
    """By rate, each with what it is of; of an order whose rates were not kept the sum."""
    if not charges.taxes:
        return [spoken_money(charges.tax, currency)] if charges.tax else []
    return [
        f"{spoken_money(tax, currency)} ({Decimal(rate) / 10_000} % × {spoken_money(net, currency)})"
        for rate, net, tax in charges.taxes
        if tax
    ]
