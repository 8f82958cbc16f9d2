"""Move units from one warehouse to another."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import StockCause
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.idempotency import Request, do_once
from services.stock.change_on_hand import DOCUMENT_LENGTH, change_on_hand, check_sku, require_sku, text_problem
from services.stock.rows import Origin, require_active


@dataclass(frozen=True, slots=True)
class Move:
    """What orders and sales have stays where it is: available units move."""

    sku: str
    quantity: int
    from_id: UUID
    to_id: UUID
    document: str | None = None
    note: str | None = None


async def move_stock(infra: Infra, wish: Move, asked: Asked) -> None:
    """Move units between warehouses, once a key.

    Errors: InvalidInput, NotFound (SKU, warehouses), OutOfStock, IdempotencyConflict, TryAgain.
    """
    check_sku(wish.sku)
    check_fields(
        quantity=units_problem(wish.quantity),
        toWarehouseId="must be another warehouse" if wish.to_id == wish.from_id else None,
        document=text_problem(wish.document, DOCUMENT_LENGTH),
        note=text_problem(wish.note),
    )
    operation = new_id()
    units = {(wish.sku, wish.from_id): -wish.quantity, (wish.sku, wish.to_id): wish.quantity}

    async def work(session: AsyncSession) -> None:
        await require_sku(session, wish.sku)
        for warehouse_id in sorted((wish.from_id, wish.to_id)):
            await require_active(session, warehouse_id)
        origin = Origin(StockCause.MOVED, asked.actor, operation, wish.document, wish.note)
        await change_on_hand(session, units, origin, infra.now(), field="quantity")

    parts = (wish.sku, wish.quantity, wish.from_id.hex, wish.to_id.hex, wish.document, wish.note)
    await do_once(infra, Request.of(asked.by, "moveStock", asked.key, *parts), operation, work)
