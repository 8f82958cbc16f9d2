"""Set at how many units a SKU is low."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import StockLevel, StockThreshold
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.events import StockLow
from services.shared.idempotency import Request, do_once
from services.shared.tell import tell
from services.stock.change_on_hand import check_sku, require_sku
from services.stock.rows import read_sellable


@dataclass(frozen=True, slots=True)
class Threshold:
    """``units`` None: nobody wants to know."""

    sku: str
    units: int | None


async def set_threshold(infra: Infra, wish: Threshold, asked: Asked) -> None:
    """Set the number below which a SKU is low, once a key.

    A SKU that is low already is told of now. Errors: InvalidInput, NotFound, IdempotencyConflict, TryAgain.
    """
    check_sku(wish.sku)
    check_fields(threshold=None if wish.units is None else units_problem(wish.units, least=0))

    async def work(session: AsyncSession) -> None:
        await require_sku(session, wish.sku)
        await _store(session, infra, wish)

    request = Request.of(asked.by, "setLowStockThreshold", asked.key, wish.sku, wish.units)
    await do_once(infra, request, new_id(), work)


async def _store(session: AsyncSession, infra: Infra, wish: Threshold) -> None:
    # With the levels locked, no change that does not know of the threshold is under way.
    levels = select(StockLevel.sku).where(StockLevel.sku == wish.sku).order_by(StockLevel.warehouse_id)
    await session.execute(levels.with_for_update())
    known = await session.get(StockThreshold, wish.sku, with_for_update=True)
    was_low = known is not None and known.is_low
    await session.execute(delete(StockThreshold).where(StockThreshold.sku == wish.sku))
    if wish.units is None:
        return
    now, left = infra.now(), (await read_sellable(session, [wish.sku]))[wish.sku]
    is_low = left <= wish.units
    row = {"sku": wish.sku, "units": wish.units, "is_low": is_low, "updated_at": now}
    await session.execute(insert(StockThreshold), [row])
    if is_low and not was_low:
        await tell(session, now, StockLow(wish.sku, left, wish.units))
