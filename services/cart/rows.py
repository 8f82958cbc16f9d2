"""Carts in the database: read one, write many in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from infra.runtime import Infra
from models import Cart, CartItem
from models.cart_document import CartDoc, LineDoc, in_order
from models.told_later import Telling
from services.shared.patience import ask_together

_KIND: Final = "carts"
_TOLD_AFTER: Final = timedelta(seconds=2)
"""So long what changes of a cart is collected before it is told: it is told of less than once a second."""


async def load_cart(infra: Infra, cart_id: UUID) -> CartDoc | None:
    """Read a cart as it was last written; ``base`` is its version. Those that are wanted at the same time are read
    together, by two statements. Errors: StoreUnavailable."""
    return await ask_together(infra, _KIND, partial(_load, infra), cart_id)


async def _load(infra: Infra, cart_ids: Sequence[UUID]) -> list[CartDoc | None]:
    async with infra.database.read() as session:
        rows = {row.id: row for row in await session.scalars(select(Cart).where(Cart.id.in_(set(cart_ids))))}
        items: dict[UUID, list[CartItem]] = {id_: [] for id_ in rows}
        if rows:
            for item in await session.scalars(select(CartItem).where(CartItem.cart_id.in_(rows))):
                items[item.cart_id].append(item)
        found = {id_: _document(row, items[id_]) for id_, row in rows.items()}
    return [found.get(id_) for id_ in cart_ids]


async def write_carts(infra: Infra, carts: Sequence[CartDoc]) -> set[UUID]:
    """Write what is newer than the rows; returns the carts whose copy does not go on from what is there.

    One of each cart at most. Errors: StoreUnavailable.
    """

    async def work(session: AsyncSession) -> set[UUID]:
        return await _write_carts(session, carts, infra.now() + _TOLD_AFTER)

    # Another process may be the first to write a new cart: then its row is there to be locked.
    return await infra.database.transact(work, timeout=infra.settings.store_timeout, races=2)


async def are_newest(session: AsyncSession, carts: Sequence[CartDoc]) -> list[bool]:
    """Returns of each whether, in the caller's transaction, nothing is written that it does not know of, and
    nothing will be before its end, if it was ever written at all."""
    rows = await _lock(session, carts)
    return [_is_newest(cart, rows.get(cart.id)) for cart in carts]


def _is_newest(cart: CartDoc, row: Cart | None) -> bool:
    if row is not None and row.life == cart.life:
        return cart.version >= row.version
    return _judge(cart, row) is _Verdict.NEWER


async def _lock(session: AsyncSession, carts: Sequence[CartDoc]) -> dict[UUID, Cart]:
    """Lock what is there of the carts, in one order for all."""
    ids = {cart.id for cart in carts}
    locked = select(Cart).where(Cart.id.in_(ids)).order_by(Cart.id).with_for_update()
    return {row.id: row for row in await session.scalars(locked)}


class _Verdict(Enum):
    NEWER = auto()
    KNOWN = auto()
    ASTRAY = auto()


def _judge(cart: CartDoc, row: Cart | None) -> _Verdict:
    """Of two copies made from one state of the row, the first to be written wins: the other is astray."""
    if row is None:
        return _Verdict.NEWER if cart.base == 0 else _Verdict.ASTRAY
    if row.life == cart.life:
        return _Verdict.NEWER if cart.version > row.version else _Verdict.KNOWN
    return _Verdict.NEWER if row.version == cart.base else _Verdict.ASTRAY


async def _write_carts(session: AsyncSession, carts: Sequence[CartDoc], tell_at: datetime) -> set[UUID]:
    rows = await _lock(session, carts)
    verdicts = {cart.id: _judge(cart, rows.get(cart.id)) for cart in carts}
    newer = [cart for cart in carts if verdicts[cart.id] is _Verdict.NEWER]
    _set_rows(session, newer, rows, tell_at)
    await session.flush()
    if newer:
        await session.execute(delete(CartItem).where(CartItem.cart_id.in_([cart.id for cart in newer])))
    if items := [_item(cart, line) for cart in newer for line in cart.lines]:
        await session.execute(insert(CartItem), items)
    return {cart_id for cart_id, verdict in verdicts.items() if verdict is _Verdict.ASTRAY}


def _set_rows(
    session: AsyncSession, carts: Iterable[CartDoc], rows: Mapping[UUID, Cart], tell_at: datetime
) -> None:
    for cart in carts:
        row = rows.get(cart.id)
        if row is None:
            row = Cart(id=cart.id, created_at=cart.created_at)
            session.add(row)
        row.token_hash = cart.token_hash
        row.currency = cart.currency
        row.version, row.life = cart.version, cart.life
        row.updated_at, row.expires_at = cart.updated_at, cart.expires_at
        if row.tell_as != Telling.UPDATED:
            row.tell_at, row.tell_as = tell_at, Telling.UPDATED
        # The same columns in each row: those that differ in them would be a statement each.
        flag_modified(row, "tell_at")
        flag_modified(row, "tell_as")


def _item(cart: CartDoc, line: LineDoc) -> dict[str, Any]:
    return {
        "id": line.id,
        "cart_id": cart.id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "selected": line.selected,
        "price": line.price,
        "added_at": line.added_at,
    }


def _document(row: Cart, items: Iterable[CartItem]) -> CartDoc:
    lines = (
        LineDoc(i.id, i.variant_id, i.sku, i.title, i.quantity, i.selected, i.price, i.added_at) for i in items
    )
    return CartDoc(
        id=row.id,
        token_hash=row.token_hash,
        currency=row.currency,
        version=row.version,
        life=row.life,
        base=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        lines=in_order(lines),
    )
