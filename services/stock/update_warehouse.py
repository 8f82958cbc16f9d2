"""Change a warehouse, close it, open it again."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, StockLevel, Warehouse
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, NotFound, StaleVersion, WarehouseNotEmpty
from services.shared.idempotency import Request, do_once
from services.stock.create_warehouse import check_warehouse, require_free_code
from services.stock.rows import NO_WAREHOUSE

_MOST_TOLD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WarehouseChange:
    """None leaves a field as it is; ``version`` as it was read."""

    warehouse_id: UUID
    version: int
    code: str | None = None
    name: str | None = None
    priority: int | None = None
    active: bool | None = None


async def update_warehouse(infra: Infra, wish: WarehouseChange, asked: Asked) -> None:
    """Change a warehouse, once a key.

    Errors: InvalidInput, NotFound, StaleVersion, WarehouseCodeTaken, WarehouseNotEmpty (to close),
    IdempotencyConflict, TryAgain.
    """
    check_warehouse(wish.code, wish.name, wish.priority)
    if wish.active is False and wish.warehouse_id == DEFAULT_WAREHOUSE:
        raise InvalidInput.at("active", message="the default warehouse cannot be closed")

    async def work(session: AsyncSession) -> None:
        await _change_warehouse(session, infra, wish)

    parts = (wish.warehouse_id.hex, wish.version, wish.code, wish.name, wish.priority, wish.active)
    request = Request.of(asked.by, "updateWarehouse", asked.key, *parts)
    await do_once(infra, request, wish.warehouse_id, work)


async def _change_warehouse(session: AsyncSession, infra: Infra, wish: WarehouseChange) -> None:
    # Who brings units in has this row locked too, for reading.
    found = await session.get(Warehouse, wish.warehouse_id, with_for_update=True)
    if found is None:
        raise NotFound(NO_WAREHOUSE)
    if found.version != wish.version:
        raise StaleVersion(found.version)
    if wish.code is not None:
        await require_free_code(session, wish.code, found.id)
        found.code = wish.code
    if wish.active is False:
        await _require_empty(session, found.id)
    found.name = found.name if wish.name is None else wish.name.strip()
    found.priority = found.priority if wish.priority is None else wish.priority
    found.active = found.active if wish.active is None else wish.active
    found.version += 1
    found.updated_at = infra.now()


async def _require_empty(session: AsyncSession, warehouse_id: UUID) -> None:
    units = select(func.sum(StockLevel.on_hand)).where(StockLevel.warehouse_id == warehouse_id)
    if on_hand := int(await session.scalar(units) or 0):
        raise WarehouseNotEmpty(min(on_hand, _MOST_TOLD))
