"""Orders by their ids, whosever they are: for what was found by an order that the viewer may see."""

from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models.order_document import OrderView
from services.order.find_orders import find_orders


class OrderById(DataLoader[UUID, OrderView | None]):
    """Three statements a batch; None for one that is not in the database."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[OrderView | None]:
        found = await find_orders(self._infra, ids, None)
        return [found.get(id_) for id_ in ids]
