"""A payment's refunds, the oldest first."""

from collections.abc import Sequence
from uuid import UUID

from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import Refund
from services.payment.find_payments import refunds_of_payments


class RefundsByPayment(DataLoader[UUID, Sequence[Refund]]):
    """One statement a batch."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[Sequence[Refund]]:
        found = await refunds_of_payments(self._infra, ids)
        return [found.get(id_, ()) for id_ in ids]
