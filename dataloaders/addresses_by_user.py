"""Users' addresses, in one read a batch."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.address_document import AddressDoc
from services.address.find_addresses import find_addresses


class AddressesByUser(DataLoader[UUID, list[AddressDoc]]):
    """The oldest first."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[list[AddressDoc]]:
        found = await find_addresses(self._infra, keys)
        return [found.get(key, []) for key in keys]
