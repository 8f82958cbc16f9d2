"""Rows of payments: locked in the order of all, and what has changed of them written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.plain_rows import ids_in, plain_rows
from models import Order, OrderStatus, Payment
from services.payment.provider import Standing

CHANGING: Final = tuple(
    column.key
    for column in Payment.__mapper__.column_attrs
    if column.key not in ("id", "order_id", "customer_id", "provider", "return_url", "created_at", "checks")
)


_ORDER: Final = (
    Order.id, Order.number, Order.customer_id, Order.status, Order.total, Order.currency, Order.charges
)  # fmt: skip
_PLACE: Final = (Payment.id, Payment.order_id, Payment.provider, Payment.reference)
_PLACES_BY_ID: Final = select(*_PLACE).where(ids_in(Payment.id))
_LOCK_ORDERS: Final = select(*_ORDER).where(ids_in(Order.id)).order_by(Order.id).with_for_update()


class LockedOrder(NamedTuple):
    """What payments, and mails of them, have to know of an order."""

    id: UUID
    number: str
    customer_id: UUID
    status: OrderStatus
    total: int
    currency: str
    charges: dict[str, Any] | None


class Place(NamedTuple):
    """A payment, and the order that it never leaves."""

    payment_id: UUID
    order_id: UUID


Mark = tuple[str, str, str]
"""A provider, our key, and the provider's reference."""


async def find_told(session: AsyncSession, told: Collection[tuple[str, Standing]]) -> dict[Mark, Place]:
    """Find payments that providers tell of: by our key, which they have from us, or by their reference. The row is
    there before the provider is asked."""
    keys = {key for _, standing in told if (key := _as_id(standing.key)) is not None}
    by_id = await plain_rows(session, _PLACES_BY_ID, {"ids": list(keys)}) if keys else ()
    by_key = {(row[2], row[0]): Place(row[0], row[1]) for row in by_id}
    found = {
        (provider, one.key, one.reference): by_key[provider, key]
        for provider, one in told
        if (key := _as_id(one.key)) is not None and (provider, key) in by_key
    }
    for provider in {provider for provider, _ in told}:
        left = [o for name, o in told if name == provider and (name, o.key, o.reference) not in found]
        if left:
            by_ref = select(*_PLACE).where(
                Payment.provider == provider, Payment.reference.in_([one.reference for one in left])
            )
            places = {row[3]: Place(row[0], row[1]) for row in await session.execute(by_ref)}
            found |= {(provider, o.key, o.reference): places[o.reference] for o in left if o.reference in places}
    return found


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


async def orders_of(session: AsyncSession, payment_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the orders of payments, which never change."""
    found = select(Payment.id, Payment.order_id).where(Payment.id.in_(payment_ids))
    return {row[0]: row[1] for row in await session.execute(found)}


async def lock_orders(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, LockedOrder]:
    """Lock orders in the order of their ids: who locks several waits for nobody who waits for them."""
    found = await plain_rows(session, _LOCK_ORDERS, {"ids": list(order_ids)})
    return {row.id: LockedOrder(*row)._replace(status=OrderStatus(row.status)) for row in found}


async def lock_payments(session: AsyncSession, payment_ids: Collection[UUID]) -> dict[UUID, Payment]:
    """Lock payments whose orders are locked, and take them out of the session: ``write_changes`` writes them."""
    await session.flush()
    return {payment.id: payment for payment in await _lock(session, Payment.id.in_(payment_ids))}


async def lock_live(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, Payment]:
    """Lock the live payments of orders that are locked, as ``lock_payments`` does. Returns them by order."""
    return {payment.order_id: payment for payment in await _lock(session, Payment.live_order_id.in_(order_ids))}


async def _lock(session: AsyncSession, which: ColumnElement[bool]) -> list[Payment]:
    found = select(Payment).where(which).order_by(Payment.id).with_for_update()
    payments = list(await session.scalars(found.execution_options(populate_existing=True)))
    for payment in payments:
        session.expunge(payment)
    return payments


def as_read(payment: Payment) -> dict[str, Any]:
    return {name: getattr(payment, name) for name in CHANGING}


async def write_changes(session: AsyncSession, changed: Iterable[tuple[Payment, Mapping[str, Any]]]) -> None:
    """Write what is different from how they were read: those with the same changes in one statement, those with
    other values of the same columns in one call."""
    alike: dict[tuple[str, ...], dict[tuple[Any, ...], list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for payment, before in changed:
        changes = {name: now for name, old in before.items() if (now := getattr(payment, name)) != old}
        if changes:
            alike[tuple(changes)][tuple(changes.values())].append(payment.id)
    for names, by_values in alike.items():
        if len(by_values) == 1:
            [(values, ids)] = by_values.items()
            one = update(Payment).where(Payment.id.in_(ids)).values(dict(zip(names, values, strict=True)))
            await session.execute(one.execution_options(synchronize_session=False))
        else:
            each = update(Payment).where(Payment.id == bindparam("key"))
            each = each.values({name: bindparam(f"new_{name}") for name in names})
            rows = [
                {"key": id_} | {f"new_{name}": value for name, value in zip(names, values, strict=True)}
                for values, ids in by_values.items()
                for id_ in ids
            ]
            await (await session.connection()).execute(each, rows)
