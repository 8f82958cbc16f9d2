"""The identities that users can sign in by."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Identity


async def list_identities(infra: Infra, user_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Identity]]:
    """List the identities of each user, the oldest first. Errors: StoreUnavailable."""
    found: dict[UUID, list[Identity]] = defaultdict(list)
    async with infra.database.read() as session:
        query = select(Identity).where(Identity.user_id.in_(user_ids)).order_by(Identity.id)
        for row in await session.scalars(query):
            found[row.user_id].append(row)
    return found
