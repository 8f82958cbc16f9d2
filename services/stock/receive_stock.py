"""Receive units into a warehouse: a delivery, a return."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, StockCause
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.idempotency import Request, do_once
from services.stock.change_on_hand import DOCUMENT_LENGTH, change_on_hand, check_sku, require_sku, text_problem
from services.stock.rows import Origin, require_active


@dataclass(frozen=True, slots=True)
class Receipt:
    """``document`` is the number of the delivery note, say."""

    sku: str
    quantity: int
    warehouse_id: UUID = DEFAULT_WAREHOUSE
    document: str | None = None
    note: str | None = None


async def receive_stock(infra: Infra, wish: Receipt, asked: Asked) -> None:
    """Take units in, once a key.

    Errors: InvalidInput, NotFound (SKU, warehouse), IdempotencyConflict, TryAgain.
    """
    check_sku(wish.sku)
    check_fields(
        quantity=units_problem(wish.quantity),
        document=text_problem(wish.document, DOCUMENT_LENGTH),
        note=text_problem(wish.note),
    )
    operation, place = new_id(), (wish.sku, wish.warehouse_id)

    async def work(session: AsyncSession) -> None:
        await require_sku(session, wish.sku)
        await require_active(session, wish.warehouse_id)
        origin = Origin(StockCause.RECEIVED, asked.actor, operation, wish.document, wish.note)
        await change_on_hand(session, {place: wish.quantity}, origin, infra.now(), field="quantity")

    parts = (wish.sku, wish.quantity, wish.warehouse_id.hex, wish.document, wish.note)
    await do_once(infra, Request.of(asked.by, "receiveStock", asked.key, *parts), operation, work)
