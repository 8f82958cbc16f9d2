"""Count: what is on hand is set to what somebody has counted, if it still is what they counted from."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE, StockCause
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.errors import StaleCount
from services.shared.idempotency import Request, do_once
from services.stock.change_on_hand import DOCUMENT_LENGTH, change_on_hand, check_sku, require_sku, text_problem
from services.stock.rows import Origin, lock_level, require_active
from services.stock.rules import NOTHING


@dataclass(frozen=True, slots=True)
class Count:
    """``expected`` is what was on hand when the counting began, ``counted`` what was found."""

    sku: str
    expected: int
    counted: int
    warehouse_id: UUID = DEFAULT_WAREHOUSE
    document: str | None = None
    note: str | None = None


async def count_stock(infra: Infra, wish: Count, asked: Asked) -> None:
    """Set stock to what was counted, once a key. A count that finds what was expected is a row in the ledger too.

    Errors: InvalidInput, NotFound (SKU, warehouse), StaleCount, OutOfStock (fewer than orders and sales have),
    IdempotencyConflict, TryAgain.
    """
    check_sku(wish.sku)
    check_fields(
        expected=units_problem(wish.expected, least=0),
        counted=units_problem(wish.counted, least=0),
        document=text_problem(wish.document, DOCUMENT_LENGTH),
        note=text_problem(wish.note),
    )
    operation, place = new_id(), (wish.sku, wish.warehouse_id)

    async def work(session: AsyncSession) -> None:
        await require_sku(session, wish.sku)
        await require_active(session, wish.warehouse_id)
        level = await lock_level(session, place) or NOTHING
        if level.on_hand != wish.expected:
            raise StaleCount(level.on_hand)
        origin = Origin(StockCause.COUNTED, asked.actor, operation, wish.document, wish.note)
        units = {place: wish.counted - wish.expected}
        await change_on_hand(session, units, origin, infra.now(), field="counted")

    parts = (wish.sku, wish.expected, wish.counted, wish.warehouse_id.hex, wish.document, wish.note)
    await do_once(infra, Request.of(asked.by, "countStock", asked.key, *parts), operation, work)
