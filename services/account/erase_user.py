"""Erase what is personal of a user: of an account that is closed, and of a guest."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import (
    AccountToken,
    Address,
    ArmedOrder,
    ArmedState,
    CustomerTag,
    DraftOrder,
    GroupMember,
    Identity,
    QueuedMail,
    RefreshSession,
    User,
)
from services.cart.tidy_carts import erase_cart
from services.metadata.rows import forget_entries
from services.user.index_account import forget_words
from services.user.rows import forget_roles


async def erase_user(session: AsyncSession, user: User) -> None:
    """Erase all but the row, which the user's orders need; ``user`` is locked."""
    for table in (Address, Identity, AccountToken, RefreshSession):
        await session.execute(delete(table).where(table.user_id == user.id))
    await session.execute(delete(DraftOrder).where(DraftOrder.customer_id == user.id))
    await _disarm(session, user.id)
    await session.execute(
        delete(QueuedMail).where(or_(QueuedMail.user_id == user.id, QueuedMail.recipient == user.mailbox))
    )
    # Unique like every address, and none that anybody could type in: it has no dot after the @.
    user.email = f"closed-{user.id.hex}@invalid"
    user.display_name = ""
    user.password_hash = ""
    user.roles = []
    user.scopes = None
    await session.execute(delete(GroupMember).where(GroupMember.user_id == user.id))
    await session.execute(delete(CustomerTag).where(CustomerTag.user_id == user.id))
    user.group_ids = user.tags = user.meta = None
    await forget_entries(session, user.id)
    await forget_words(session, [user.id])
    await forget_roles(session, user.id)
    await erase_cart(session, user.id)
    user.locale = "en"
    user.email_verified_at = None
    user.guest_email = user.guest_until = None


async def _disarm(session: AsyncSession, user_id: UUID) -> None:
    """What was set up at a provider is forgotten there first: until then its id is kept, and nothing else."""
    unplaced = (ArmedOrder.customer_id == user_id, ArmedOrder.order_id.is_(None))
    now = datetime.now(UTC)
    kept: dict[str, Any] = {"state": ArmedState.DISARMED, "quote": [], "method": None}
    kept |= {"redirect_url": None, "return_url": "", "forget_at": now, "updated_at": now}
    await session.execute(
        update(ArmedOrder)
        .where(*unplaced, ArmedOrder.set_up.is_not(None))
        .values(kept)
        .execution_options(synchronize_session=False)
    )
    await session.execute(delete(ArmedOrder).where(*unplaced, ArmedOrder.set_up.is_(None)))
