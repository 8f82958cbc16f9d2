"""Add a guest, whom staff make an order for: a user of its own, whom nothing signs in to."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import User
from services.audit.record import record
from services.shared.client import NOWHERE
from services.user.find_person import find_person
from services.user.index_account import index_new
from services.user.start_guest_session import new_guest


async def add_guest(session: AsyncSession, infra: Infra, email: str) -> User:
    """Add a guest in the caller's transaction. Errors: InvalidInput (the address)."""
    user = new_guest(infra, email, None, None)
    user.person_id = await find_person(session, user.mailbox, user.id)
    session.add(user)
    await session.flush()
    session.add_all(index_new(user))
    record(session, "guest.added", now=infra.now(), subject=user.id, client=NOWHERE)
    return user
