"""Replace what an address says; orders that were placed with it keep what it said then."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Address
from models.address_document import AddressDoc
from services.address.add_address import values_of
from services.address.change_addresses import change_addresses
from services.address.rows import document, make_default, pick
from services.address.rules import AddressDraft, checked


async def update_address(
    infra: Infra, user_id: UUID, address_id: UUID, draft: AddressDraft, *, default: bool = False
) -> AddressDoc:
    """Change an address of one's own. ``default`` makes it the default; without, it stays what it is.

    Errors: InvalidInput, NotFound, StoreUnavailable.
    """
    clean = checked(draft)

    async def update(_session: AsyncSession, addresses: Sequence[Address]) -> AddressDoc:
        row = pick(addresses, address_id)
        for name, value in values_of(clean).items():
            setattr(row, name, value)
        if default:
            make_default(addresses, row)
        return document(row)

    return await change_addresses(infra, user_id, update)
