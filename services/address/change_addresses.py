"""One change of a user's addresses: a transaction under the account's lock, then the cache is told."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Address
from services.address.find_addresses import forget_addresses
from services.address.rows import own_addresses
from services.user.rows import lock_account

T = TypeVar("T")
Change = Callable[[AsyncSession, Sequence[Address]], Awaitable[T]]
"""Is given all the user's addresses, the oldest first."""


async def change_addresses(infra: Infra, user_id: UUID, change: Change[T]) -> T:
    """Errors: what ``change`` raises, NotFound for a closed account, StoreUnavailable."""

    async def work(session: AsyncSession) -> T:
        await lock_account(session, user_id)
        return await change(session, await own_addresses(session, user_id))

    try:
        return await infra.database.transact(work, timeout=infra.settings.store_timeout)
    finally:
        # Also when the commit's answer was lost: it may have happened.
        await forget_addresses(infra, user_id)
