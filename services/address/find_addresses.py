"""Find a user's addresses: all of them are one document in Redis, in front of the database.

Whoever is shown their addresses before a sale has them in Redis when they order.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import select

from infra.cache.documents import DocumentCache
from infra.runtime import Infra
from models import Address
from models.address_document import AddressDoc
from services.address.rows import document, no_such_address

_TTL: Final = 3600.0


async def find_addresses(infra: Infra, user_ids: Collection[UUID]) -> dict[UUID, list[AddressDoc]]:
    """Find the addresses of each user, the oldest first; users without any are left out.

    Errors: StoreUnavailable.
    """
    names = {_key(user_id): user_id for user_id in user_ids}

    async def load(keys: Sequence[str]) -> dict[str, bytes]:
        return await _read_addresses(infra, [names[key] for key in keys])

    books = await _cache(infra).get_many(names, load)
    found = {names[key]: orjson.loads(raw) for key, raw in books.items()}
    return {user_id: list(map(AddressDoc.from_json, book)) for user_id, book in found.items() if book}


async def find_own_address(infra: Infra, user_id: UUID, address_id: UUID) -> AddressDoc:
    """Errors: NotFound, for another's as well; StoreUnavailable."""
    addresses = (await find_addresses(infra, [user_id])).get(user_id, [])
    found = next((address for address in addresses if address.id == address_id), None)
    if found is None:
        raise no_such_address()
    return found


async def forget_addresses(infra: Infra, user_id: UUID) -> None:
    """Drop a user's cached addresses, after the commit of whatever changed one. Never fails."""
    await _cache(infra).forget([_key(user_id)])


async def _read_addresses(infra: Infra, user_ids: Sequence[UUID]) -> dict[str, bytes]:
    # An empty list is an answer worth keeping too.
    books: dict[UUID, list[AddressDoc]] = defaultdict(list, {user_id: [] for user_id in user_ids})
    async with infra.database.read() as session:
        rows = await session.scalars(select(Address).where(Address.user_id.in_(user_ids)).order_by(Address.id))
        for row in rows:
            books[row.user_id].append(document(row))
    return {_key(user_id): orjson.dumps([entry.to_json() for entry in book]) for user_id, book in books.items()}


def _cache(infra: Infra) -> DocumentCache:
    return DocumentCache(infra.redis, ttl=_TTL)


def _key(user_id: UUID) -> str:
    return f"addresses:{user_id.hex}"
