"""List service tokens, newest first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import ServiceToken

MOST = 1_000


async def list_tokens(infra: Infra) -> Sequence[ServiceToken]:
    """Returns the newest 1,000 tokens. Errors: StoreUnavailable."""
    statement = select(ServiceToken).order_by(ServiceToken.id.desc()).limit(MOST)
    async with infra.database.read() as session:
        return list(await session.scalars(statement))


async def find_tokens(infra: Infra, ids: Collection[UUID]) -> dict[UUID, ServiceToken]:
    """Find tokens by their ids, revoked ones too. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(ServiceToken).where(ServiceToken.id.in_(ids)))
        return {row.id: row for row in found}


def state_of(row: ServiceToken, now: datetime) -> str:
    """Returns ``revoked``, ``expired`` or ``active``."""
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"
