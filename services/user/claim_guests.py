"""Claim the guests with an account's address for it: its owner has proved that the address is theirs."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import User


async def claim_guests(session: AsyncSession, account: User, now: datetime) -> None:
    """Have the workers join them to the account within moments."""
    found = (User.guest_email == account.email, User.closed_at.is_(None), User.joined_to.is_(None))
    # Nearly always there are none: a look locks nothing that new guests would wait for.
    if await session.scalar(select(User.id).where(*found).limit(1)) is None:
        return
    await session.execute(
        update(User)
        .where(*found)
        .values(joined_to=account.id, guest_until=now)
        .execution_options(synchronize_session=False)
    )
