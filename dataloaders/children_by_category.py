"""The categories directly below others, in one statement a batch."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.documents import CategoryDoc
from services.catalog.list_categories import list_children


class ChildrenByCategory(DataLoader[UUID, Sequence[CategoryDoc]]):
    """In their order, the archived ones among them; empty for an unknown id."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[Sequence[CategoryDoc]]:
        found = await list_children(self._infra, keys)
        return [found.get(key, ()) for key in keys]
