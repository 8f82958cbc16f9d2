"""Rows of addresses, under the lock of their owner's account: so there is one default and no more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Address
from models.address_document import AddressDoc
from services.shared.errors import NotFound


async def own_addresses(session: AsyncSession, user_id: UUID) -> Sequence[Address]:
    """Read a user's addresses, the oldest first. The caller holds the account's lock."""
    found = await session.scalars(select(Address).where(Address.user_id == user_id).order_by(Address.id))
    return found.all()


def pick(addresses: Sequence[Address], address_id: UUID) -> Address:
    """Errors: NotFound, for another's as well."""
    found = next((address for address in addresses if address.id == address_id), None)
    if found is None:
        raise no_such_address()
    return found


def make_default(addresses: Sequence[Address], chosen: Address) -> None:
    for address in addresses:
        address.is_default = address is chosen


def document(row: Address) -> AddressDoc:
    return AddressDoc(
        row.id,
        row.recipient,
        row.phone,
        row.line1,
        row.line2,
        row.city,
        row.region,
        row.postal_code,
        row.country_code,
        row.is_default,
    )


def no_such_address() -> NotFound:
    return NotFound("You have no such address.")
