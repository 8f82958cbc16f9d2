"""Share available units out among orders: which warehouses each one's come from."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import StockLevel, Warehouse
from services.shared.errors import OutOfStock, ServiceError
from services.shared.refused import Refused
from services.stock.rules import Place, spread

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
    locked = select(StockLevel.sku, StockLevel.warehouse_id, StockLevel.available).where(
        StockLevel.sku.in_(sorted(skus, key=str.encode))
    )
    there: dict[str, dict[UUID, int]] = defaultdict(dict)
    in_order = locked.order_by(StockLevel.sku, StockLevel.warehouse_id).with_for_update()
    for sku, warehouse_id, available in await session.execute(in_order):
        there[sku][warehouse_id] = available
    choices = select(Warehouse.id).where(Warehouse.active.is_(True))
    ranked = list(await session.scalars(choices.order_by(Warehouse.priority, Warehouse.code)))
    return {sku: {id_: there[sku][id_] for id_ in ranked if id_ in there[sku]} for sku in skus}


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
