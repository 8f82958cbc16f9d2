"""An order's payments, the oldest first."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import Payment
from services.payment.find_payments import payments_of_orders


class PaymentsByOrder(DataLoader[UUID, Sequence[Payment]]):
    """One statement a batch."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[Sequence[Payment]]:
        found = await payments_of_orders(self._infra, ids)
        return [found.get(id_, ()) for id_ in ids]
