"""The steps of an order with ordinary stock, each in a transaction of its own."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import OrderLine, StockHold
from services.stock.order_steps import Held, hold_stock, release_stock, ship_units

ACTOR = "checkout"


async def hold(infra: Infra, order_id: UUID, units: Mapping[str, int], actor: str = ACTOR) -> Held:
    """Errors: OutOfStock, HoldReleased."""
    return await infra.database.transact(lambda session: hold_stock(session, order_id, units, actor, infra.now()))


async def release(infra: Infra, order_id: UUID, actor: str = ACTOR) -> bool:
    """True when something was given back."""

    async def work(session: AsyncSession) -> bool:
        return bool(await release_stock(session, [order_id], actor, infra.now()))

    return await infra.database.transact(work)


async def ship(infra: Infra, order_id: UUID, totals: Mapping[str, int]) -> None:
    """Ship until so many of each SKU are gone: what is gone already is not shipped again, as ``create_shipment``
    finds out from the order's lines.
    """

    async def work(session: AsyncSession) -> None:
        held = select(StockHold).where(StockHold.order_id == order_id).with_for_update()
        gone: Counter[str] = Counter()
        for hold in await session.scalars(held):
            gone[hold.sku] += hold.shipped
        lines = [(OrderLine(order_id=order_id, sku=sku), total - gone[sku]) for sku, total in totals.items()]
        await ship_units(session, [(line, left) for line, left in lines if left], ACTOR, infra.now())

    await infra.database.transact(work)
