"""The sessions that users are signed in by."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models.session import RefreshSession
from services.session.rules import unused_since

MOST = 100


async def list_sessions(infra: Infra, user_ids: Collection[UUID]) -> Mapping[UUID, Sequence[RefreshSession]]:
    """List the live sessions of each user, the last used first, and of many the last hundred.

    Errors: StoreUnavailable.
    """
    now = infra.now()
    query = (
        select(RefreshSession)
        .where(
            RefreshSession.user_id.in_(user_ids),
            RefreshSession.revoked_at.is_(None),
            RefreshSession.expires_at > now,
            RefreshSession.last_used_at > unused_since(now, infra.settings),
        )
        .order_by(RefreshSession.last_used_at.desc(), RefreshSession.id.desc())
    )
    found: dict[UUID, list[RefreshSession]] = defaultdict(list)
    async with infra.database.read() as session:
        for row in await session.scalars(query):
            if len(found[row.user_id]) < MOST:
                found[row.user_id].append(row)
    return found
