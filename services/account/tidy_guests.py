"""Forget guests who have not come back, and what goes with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import made_at
from infra.runtime import Infra
from models import DraftOrder, Order, OrderLink, Person, User
from services.account.erase_user import erase_user
from services.account.join_guests import join_guest
from services.session.revoke_sessions import revoke_sessions
from services.user.find_person import find_person

_BATCH: Final = 100


async def tidy_guests(infra: Infra) -> int:
    """Look at guests whose time has come. Those whom an account has claimed are joined to it; those who ordered
    nothing are deleted; others lose their personal data ``GUEST_TTL`` after their last order, or draft of one.

    Returns how many were looked at. Errors: StoreUnavailable.
    """
    ended: list[UUID] = []

    async def work(session: AsyncSession) -> int:
        due = select(User).where(User.guest_until <= infra.now()).order_by(User.guest_until).limit(_BATCH)
        guests = list(await session.scalars(due.with_for_update(skip_locked=True)))
        ended[:] = [id_ for guest in guests for id_ in await _look_at(session, infra, guest)]
        return len(guests)

    looked = await infra.database.transact(work)
    await revoke_sessions(infra, ended)
    return looked


async def _look_at(session: AsyncSession, infra: Infra, guest: User) -> Sequence[UUID]:
    """Returns the sessions that ended."""
    now = infra.now()
    if guest.joined_to is not None:
        return await join_guest(session, guest, guest.joined_to, now)
    last, draft = [await _newest(session, table, guest.id) for table in (Order, DraftOrder)]
    newest = max((id_ for id_ in (last, draft) if id_ is not None), default=None)
    if newest is not None:
        until = datetime.fromtimestamp(made_at(newest), UTC) + timedelta(seconds=infra.settings.shop.guest_ttl)
        if until > now:
            guest.guest_until = until
            return ()
    await erase_user(session, guest)
    guest.closed_at = now
    if last is None:
        await session.flush()
        await session.delete(guest)
    return ()


async def _newest(session: AsyncSession, table: type[Order] | type[DraftOrder], guest_id: UUID) -> UUID | None:
    return await session.scalar(
        select(table.id).where(table.customer_id == guest_id).order_by(table.id.desc()).limit(1)
    )


async def tidy_persons(infra: Infra) -> None:
    """Delete persons of whom nobody is left, and secret links that have expired; find the persons of accounts that
    are older than these are. Errors: StoreUnavailable.
    """
    now = infra.now()
    has_users = exists().where(User.person_id == Person.id, User.closed_at.is_(None))

    async def work(session: AsyncSession) -> None:
        await session.execute(delete(OrderLink).where(OrderLink.expires_at < now))
        await session.execute(delete(Person).where(Person.kept_until < now, ~has_users))

    await infra.database.transact(work)
    while await infra.database.transact(_find_persons) == _BATCH:
        pass


async def _find_persons(session: AsyncSession) -> int:
    without = select(User).where(User.person_id.is_(None)).limit(_BATCH).with_for_update(skip_locked=True)
    users = list(await session.scalars(without))
    for user in users:
        is_open = user.closed_at is None
        user.person_id = await find_person(session, user.mailbox, user.id) if is_open else user.id
    return len(users)
