"""The live sessions of users, in one statement a batch."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import RefreshSession
from services.session.list_sessions import list_sessions


class SessionsByUser(DataLoader[UUID, Sequence[RefreshSession]]):
    """Empty for who is not signed in anywhere."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[Sequence[RefreshSession]]:
        found = await list_sessions(self._infra, keys)
        return [found.get(key, ()) for key in keys]
