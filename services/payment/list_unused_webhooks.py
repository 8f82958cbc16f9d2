"""What providers told that could not be used, for staff: the newest first."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from infra.runtime import Infra
from models import InboxEvent, InboxState

MOST: Final = 100


async def list_unused_webhooks(infra: Infra, first: int) -> Sequence[InboxEvent]:
    """List webhooks about nothing of ours, or of a kind that is not used; up to 100. Errors: StoreUnavailable."""
    unused = InboxEvent.state.in_((InboxState.UNKNOWN, InboxState.IGNORED))
    found = select(InboxEvent).where(unused).order_by(InboxEvent.received_at.desc()).limit(min(first, MOST))
    async with infra.database.read() as session:
        return (await session.scalars(found)).all()
