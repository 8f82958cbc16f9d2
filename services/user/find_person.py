"""Find whom an e-mail address stands for: one person has one limit, as a guest and with an account."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.insert_ignoring import insert_ignoring
from models import Person, User
from services.user.rules import person_key


async def find_person(session: AsyncSession, email: str, user_id: UUID) -> UUID:
    """Returns the person's id: that of the first user with the address, who is this one if there is none."""
    key = person_key(email)
    await session.execute(insert_ignoring(Person).values(email_key=key, id=user_id))
    # A look that locks sees what another has just committed.
    found = await session.scalar(select(Person).where(Person.email_key == key).with_for_update())
    assert found is not None
    found.kept_until = None
    return found.id


async def also_known_as(session: AsyncSession, email: str, person_id: UUID) -> None:
    """Have an address stand for this person too, unless it stands for another."""
    await session.execute(insert_ignoring(Person).values(email_key=person_key(email), id=person_id))


async def forget_person(session: AsyncSession, person_id: UUID, until: datetime) -> None:
    """Have the person's addresses forgotten then, unless another of their users is there."""
    others = select(User.id).where(User.person_id == person_id, User.closed_at.is_(None)).limit(2)
    if len(list(await session.scalars(others))) < 2:
        await session.execute(update(Person).where(Person.id == person_id).values(kept_until=until))
