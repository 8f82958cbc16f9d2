"""The warehouses: few, so all of them."""

from sqlalchemy import select

from infra.runtime import Infra
from models import Warehouse


async def list_warehouses(infra: Infra) -> list[Warehouse]:
    """Returns the warehouses in the order in which orders take from them, the closed ones too.

    Errors: StoreUnavailable.
    """
    async with infra.database.read() as session:
        return list(await session.scalars(select(Warehouse).order_by(Warehouse.priority, Warehouse.code)))
