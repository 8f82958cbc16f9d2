"""The warehouses: few, so all of them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Warehouse


async def list_warehouses(infra: Infra) -> list[Warehouse]:
    """Returns the warehouses in the order in which orders take from them, the closed ones too.

    Errors: StoreUnavailable.
    """
    async with infra.database.read() as session:
        return list(await session.scalars(select(Warehouse).order_by(Warehouse.priority, Warehouse.code)))


async def warehouses_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, Warehouse]:
    """Find those that exist. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return {row.id: row for row in await session.scalars(select(Warehouse).where(Warehouse.id.in_(ids)))}
