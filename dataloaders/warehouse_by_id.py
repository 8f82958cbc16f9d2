"""Warehouses by id."""

from uuid import UUID

from sqlalchemy import select
from strawberry.dataloader import DataLoader

from infra.runtime import Infra
from models import Warehouse


class WarehouseById(DataLoader[UUID, Warehouse | None]):
    """One statement a batch."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[Warehouse | None]:
        async with self._infra.database.read() as session:
            rows = await session.scalars(select(Warehouse).where(Warehouse.id.in_(ids)))
            found = {row.id: row for row in rows}
        return [found.get(id_) for id_ in ids]
