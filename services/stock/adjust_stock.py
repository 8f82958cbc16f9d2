"""Adjust what is on hand by hand: found, broken, stolen."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, StockCause
from services.shared.asked import Asked, check_fields
from services.shared.idempotency import Request, do_once
from services.shared.texts import MOST_QUANTITY
from services.stock.change_on_hand import change_on_hand, check_sku, require_sku, text_problem
from services.stock.rows import Origin, require_active


@dataclass(frozen=True, slots=True)
class Adjustment:
    """``delta`` units more on hand, or fewer."""

    sku: str
    delta: int
    reason: str
    warehouse_id: UUID = DEFAULT_WAREHOUSE


async def adjust_stock(infra: Infra, wish: Adjustment, asked: Asked) -> None:
    """Change stock by so many units, once a key.

    Errors: InvalidInput, NotFound (SKU, warehouse), OutOfStock, IdempotencyConflict, TryAgain.
    """
    check_sku(wish.sku)
    check_fields(
        delta=None if 0 < abs(wish.delta) <= MOST_QUANTITY else f"must be 1 to {MOST_QUANTITY}, or below 0",
        reason=text_problem(wish.reason, required=True),
    )
    operation, place = new_id(), (wish.sku, wish.warehouse_id)

    async def work(session: AsyncSession) -> None:
        now = infra.now()
        await require_sku(session, wish.sku)
        await require_active(session, wish.warehouse_id)
        origin = Origin(StockCause.ADJUSTED, asked.actor, operation, note=wish.reason.strip())
        await change_on_hand(session, {place: wish.delta}, origin, now, field="delta")

    parts = (wish.sku, wish.delta, wish.reason, wish.warehouse_id.hex)
    await do_once(infra, Request.of(asked.by, "adjustStock", asked.key, *parts), operation, work)
