"""The identities of users, in one statement a batch."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import Identity
from services.identity.list_identities import list_identities


class IdentitiesByUser(DataLoader[UUID, Sequence[Identity]]):
    """Empty for who signs in by password alone."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[Sequence[Identity]]:
        found = await list_identities(self._infra, keys)
        return [found.get(key, ()) for key in keys]
