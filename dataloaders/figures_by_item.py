"""What flash-sale items have sold, in one statement a batch."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from services.flash_sale.item_figures import ItemFigures, item_figures


class FiguresByItem(DataLoader[UUID, ItemFigures]):
    """Nothing sold for an item without orders."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, keys: list[UUID]) -> list[ItemFigures]:
        found = await item_figures(self._infra, keys)
        return [found.get(key, ItemFigures()) for key in keys]
