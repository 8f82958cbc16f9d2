"""What is left of flash-sale items: one round trip to Redis a batch."""

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.remaining import remaining


class RemainingByItem(DataLoader[FlashItemDoc, int]):
    """0 for an item that is not there."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[FlashItemDoc]) -> list[int]:
        left = await remaining(self._infra, keys)
        return [left.get(key.id, 0) for key in keys]
