"""Remove an address; when it was the default, the newest of the others becomes it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Address
from services.address.change_addresses import change_addresses
from services.address.rows import make_default, pick


async def remove_address(infra: Infra, user_id: UUID, address_id: UUID) -> None:
    """Errors: NotFound, StoreUnavailable."""

    async def remove(session: AsyncSession, addresses: Sequence[Address]) -> None:
        row = pick(addresses, address_id)
        rest = [address for address in addresses if address is not row]
        await session.delete(row)
        if row.is_default and rest:
            make_default(rest, rest[-1])

    await change_addresses(infra, user_id, remove)
