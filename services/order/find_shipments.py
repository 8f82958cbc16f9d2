"""Read shipments."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from infra.runtime import Infra
from models import Shipment


async def shipments_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, Shipment]:
    """Find shipments with their lines, whosever they are; two statements. Errors: StoreUnavailable."""
    wanted = select(Shipment).options(selectinload(Shipment.lines)).where(Shipment.id.in_(ids))
    async with infra.database.read() as session:
        return {row.id: row for row in await session.scalars(wanted)}


async def find_shipments(infra: Infra, order_ids: Collection[UUID]) -> dict[UUID, Sequence[Shipment]]:
    """Find each order's, with their lines, the oldest first; two statements. Errors: StoreUnavailable."""
    wanted = select(Shipment).options(selectinload(Shipment.lines)).where(Shipment.order_id.in_(order_ids))
    found: dict[UUID, list[Shipment]] = defaultdict(list)
    async with infra.database.read() as session:
        for row in await session.scalars(wanted.order_by(Shipment.id)):
            found[row.order_id].append(row)
    return dict(found)
