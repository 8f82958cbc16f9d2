"""Sales are ended and looked at."""

from sqlalchemy import select

from infra.runtime import Infra
from models import StockEntry
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.states import SaleAction
from services.reconcile.reconcile import reconcile


async def end(infra: Infra, item: FlashItemDoc, action: SaleAction = SaleAction.END) -> None:
    await change_state(infra, StateChange(item.sale_id, action))


async def returned(infra: Infra, sku: str) -> list[tuple[int, int]]:
    """What settlements moved: (to available, from set aside)."""
    rows = select(StockEntry.available, StockEntry.set_aside).where(
        StockEntry.sku == sku, StockEntry.cause == "SALE_ENDED"
    )
    async with infra.database.read() as session:
        return [(row[0], row[1]) for row in await session.execute(rows)]


def level(*, on_hand: int = 10, available: int = 0, set_aside: int = 0, held: int = 0) -> dict[str, int]:
    return {"on_hand": on_hand, "available": available, "set_aside": set_aside, "held": held, "committed": 0}


async def adds_up(infra: Infra) -> None:
    report = await reconcile(infra)
    assert (report.differences, report.on_their_way, report.parked) == ([], 0, 0)
