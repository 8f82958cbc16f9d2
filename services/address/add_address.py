"""Add an address; a user's first one is the default."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Address
from models.address_document import AddressDoc
from services.address.change_addresses import change_addresses
from services.address.rows import document, make_default
from services.address.rules import MAX_ADDRESSES, AddressDraft, checked
from services.shared.errors import InvalidInput


async def add_address(infra: Infra, user_id: UUID, draft: AddressDraft, *, default: bool = False) -> AddressDoc:
    """Errors: InvalidInput, also for one too many; StoreUnavailable."""
    clean = checked(draft)

    async def add(session: AsyncSession, addresses: Sequence[Address]) -> AddressDoc:
        if len(addresses) >= MAX_ADDRESSES:
            raise InvalidInput.at(message=f"you have {MAX_ADDRESSES} addresses already, the most there can be")
        row = Address(id=new_id(), user_id=user_id, is_default=False, created_at=infra.now(), **values_of(clean))
        session.add(row)
        if default or not addresses:
            make_default([*addresses, row], row)
        return document(row)

    return await change_addresses(infra, user_id, add)


def values_of(draft: AddressDraft) -> dict[str, str | None]:
    """Returns the values by the names of the columns."""
    return {
        "recipient": draft.recipient,
        "phone": draft.phone,
        "line1": draft.line1,
        "line2": draft.line2,
        "city": draft.city,
        "region": draft.region,
        "postal_code": draft.postal_code,
        "country_code": draft.country_code,
    }
