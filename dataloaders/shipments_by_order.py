"""An order's shipments with their lines, the oldest first."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import Shipment


class ShipmentsByOrder(DataLoader[UUID, list[Shipment]]):
    """Two statements a batch."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[list[Shipment]]:
        wanted = select(Shipment).options(selectinload(Shipment.lines)).where(Shipment.order_id.in_(ids))
        found: dict[UUID, list[Shipment]] = defaultdict(list)
        async with self._infra.database.read() as session:
            for row in await session.scalars(wanted.order_by(Shipment.id)):
                found[row.order_id].append(row)
        return [found[id_] for id_ in ids]
