"""Flash sales by id, in two statements a batch."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.flash_sale_document import FlashSaleDoc
from services.flash_sale.list_sales import find_sales


class FlashSaleById(DataLoader[UUID, FlashSaleDoc | None]):
    """None for what is not there."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[FlashSaleDoc | None]:
        found = await find_sales(self._infra, keys)
        return [found.get(key) for key in keys]
