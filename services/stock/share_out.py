"""Share available units out among orders: which warehouses each one's come from."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from models import StockLevel, Warehouse
from services.shared.errors import OutOfStock, ServiceError
from services.shared.refused import Refused
from services.stock.rules import Place, spread


def _of_warehouse(column: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    its = (Warehouse.id == StockLevel.warehouse_id, Warehouse.active.is_(True))
    return select(column).where(*its).correlate(StockLevel).scalar_subquery()


_LEVELS: Final = select(
    StockLevel.sku,
    StockLevel.warehouse_id,
    StockLevel.available,
    _of_warehouse(Warehouse.priority),
    _of_warehouse(Warehouse.code),
)
_Left = Mapping[str, dict[UUID, int]]
"""Available units of each SKU by active warehouse, the first choice first."""


async def share_out(
    session: AsyncSession, wanted: Mapping[UUID, Mapping[str, int]]
) -> dict[UUID, Mapping[Place, int]]:
    """Lock the SKUs' levels, in the order of all, and share out what is available: the first order's first.

    Of each SKU an order's units come from the first warehouse by priority that has all of them, or else from as
    few as have them: there is no back-order. ``wanted`` is units > 0 by order and SKU; an order gets all of them
    or none. Nothing is moved yet. Errors: Refused: an OutOfStock of each order that is short, with what all
    warehouses have.
    """
    left = await _lock(session, {sku for units in wanted.values() for sku in units})
    shares: dict[UUID, Mapping[Place, int]] = {}
    errors: dict[UUID, ServiceError] = {}
    for order_id, units in wanted.items():
        try:
            shares[order_id] = _take(units, left)
        except OutOfStock as error:
            errors[order_id] = error
    if errors:
        raise Refused(errors)
    return shares


async def _lock(session: AsyncSession, skus: set[str]) -> _Left:
    """Warehouses are read in sub-queries, which lock nothing."""
    locked = _LEVELS.where(StockLevel.sku.in_(sorted(skus, key=str.encode)))
    rows = await session.execute(locked.order_by(StockLevel.sku, StockLevel.warehouse_id).with_for_update())
    active = [(row[3], row[4], row[0], row[1], row[2]) for row in rows if row[3] is not None]
    left: dict[str, dict[UUID, int]] = {sku: {} for sku in skus}
    for _, _, sku, warehouse_id, available in sorted(active):
        left[sku][warehouse_id] = available
    return left


def _take(units: Mapping[str, int], left: _Left) -> dict[Place, int]:
    """Errors: OutOfStock, and nothing is taken."""
    found: dict[Place, int] = {}
    for sku in sorted(units, key=str.encode):
        shares = spread(units[sku], list(left[sku].items()))
        if shares is None:
            raise OutOfStock(sku, sum(left[sku].values()))
        found |= {(sku, warehouse_id): count for warehouse_id, count in shares.items()}
    for (sku, warehouse_id), count in found.items():
        left[sku][warehouse_id] -= count
    return found
