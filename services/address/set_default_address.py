"""Choose the default address."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Address
from models.address_document import AddressDoc
from services.address.change_addresses import change_addresses
from services.address.rows import document, make_default, pick


async def set_default_address(infra: Infra, user_id: UUID, address_id: UUID) -> AddressDoc:
    """Errors: NotFound, StoreUnavailable."""

    async def choose(_session: AsyncSession, addresses: Sequence[Address]) -> AddressDoc:
        row = pick(addresses, address_id)
        make_default(addresses, row)
        return document(row)

    return await change_addresses(infra, user_id, choose)
