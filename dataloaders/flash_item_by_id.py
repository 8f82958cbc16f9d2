"""Flash-sale items by id, in one statement a batch."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_items import find_items


class FlashItemById(DataLoader[UUID, FlashItemDoc | None]):
    """None for what is not there."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[FlashItemDoc | None]:
        found = await find_items(self._infra, keys)
        return [found.get(key) for key in keys]
