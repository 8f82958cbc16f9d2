"""Join to an account what its owner ordered as a guest, once the e-mail address has proved to be theirs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import DraftOrder, Order, OrderEvent, Payment, User
from services.account.erase_user import erase_user
from services.session.end_session import Reason, end_all_sessions

_LOOK_AGAIN: Final = timedelta(minutes=15)
"""An order that was accepted before is in the database by then."""


async def join_guests(session: AsyncSession, account: User, now: datetime) -> Sequence[UUID]:
    """Join all guests with the account's address; ``account`` is locked. Returns as ``join_guest``."""
    guests = select(User).where(User.guest_email == account.email, User.closed_at.is_(None)).order_by(User.id)
    ended: list[UUID] = []
    for guest in await session.scalars(guests.with_for_update()):
        ended += await join_guest(session, guest, account.id, now)
    return ended


async def join_guest(session: AsyncSession, guest: User, account_id: UUID, now: datetime) -> Sequence[UUID]:
    """Give the account the orders of a guest, who is locked, and no more then. One who is no more already is
    looked at once again, for orders that came late.

    Returns the sessions that ended, to be revoked after the commit.
    """
    await _move_orders(session, guest.id, account_id)
    if guest.closed_at is not None:
        guest.guest_until = None
        return []
    ended = await end_all_sessions(session, guest.id, Reason.ACCOUNT_CLOSED, now)
    await erase_user(session, guest)
    guest.closed_at, guest.joined_to, guest.guest_until = now, account_id, now + _LOOK_AGAIN
    return ended


async def _move_orders(session: AsyncSession, guest_id: UUID, account_id: UUID) -> None:
    """They count among the same person's units as before."""
    orders = select(Order).where(Order.customer_id == guest_id).order_by(Order.id).with_for_update()
    for order in await session.scalars(orders):
        order.buyer_id = order.buyer_id or guest_id
        order.customer_id = account_id
        # The account may have used the same key for an order of its own.
        order.idempotency_key = f"guest:{order.id.hex}"
        told = update(OrderEvent).where(
            OrderEvent.order_id == order.id, OrderEvent.actor == f"user:{guest_id.hex}"
        )
        await session.execute(told.values(actor=f"user:{account_id.hex}"))
    for table in (Payment, DraftOrder):
        moved = update(table).where(table.customer_id == guest_id).values(customer_id=account_id)
        await session.execute(moved.execution_options(synchronize_session=False))
