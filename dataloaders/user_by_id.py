"""Users by id, in one statement a batch."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import User
from services.user.find_users import find_users


class UserById(DataLoader[UUID, User | None]):
    """None for what is not there."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[User | None]:
        return await find_users(self._infra, keys)
