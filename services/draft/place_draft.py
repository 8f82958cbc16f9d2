"""Make the order of a draft: its stock is held, and its customer can pay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DraftOrder, MailKind, OrderEvent, OrderStatus
from models.draft_document import DraftDoc
from models.order_document import LineSnapshot, OrderSnapshot, OrderView
from services.discount.rows import hold_use
from services.draft.rows import lock_draft, require_customer
from services.order import rows
from services.order.create_order_link import MadeLink, create_order_link
from services.order.mark_paid import mark_free_paid
from services.order.queue_order_mails import of_snapshot, queue_order_mails
from services.shared.asked import Asked
from services.shared.errors import InvalidInput
from services.shared.events import OrderAccepted
from services.shared.idempotency import Request, do_once
from services.shared.refused import Refused
from services.shared.tell import tell
from services.stock.order_steps import hold_for_orders

OPERATION: Final = "placeDraftOrder"
MOST_HOURS: Final = 30 * 24
_NOTE: Final = "Made by staff."


@dataclass(frozen=True, slots=True)
class DraftPlacing:
    """``hours``: for how long it is kept without being paid."""

    draft_id: UUID
    version: int
    hours: int


@dataclass(frozen=True, slots=True)
class PlacedDraft:
    order: OrderView
    link: MadeLink


async def place_draft(infra: Infra, wish: DraftPlacing, asked: Asked) -> PlacedDraft:
    """Make the order, at the draft's prices, and a link to pay it. Asked again it is the same order, and another
    link, as no secret is kept.

    Errors: InvalidInput, NotFound, StaleVersion, OutOfStock, IdempotencyConflict, TryAgain.
    """
    if not 1 <= wish.hours <= MOST_HOURS:
        raise InvalidInput.at("validHours", message=f"must be 1 to {MOST_HOURS}")
    request = Request.of(asked.by, OPERATION, asked.key, wish.draft_id.hex, wish.version, wish.hours)
    order_id = new_id()

    async def work(session: AsyncSession) -> None:
        draft = await lock_draft(session, wish.draft_id, wish.version)
        await require_customer(session, draft.customer_id)
        await _place(session, _order(draft, order_id, wish.hours, infra.now()), draft, asked.actor, infra.now())

    placed = await do_once(infra, request, order_id, work)
    return PlacedDraft(await rows.current_view(infra, placed), await create_order_link(infra, placed))


def _order(draft: DraftOrder, order_id: UUID, hours: int, now: datetime) -> OrderSnapshot:
    document = DraftDoc.from_json(draft.data)
    lines = (
        LineSnapshot(ln.sku, ln.variant_id, None, ln.title, ln.quantity, ln.unit_price) for ln in document.lines
    )
    return OrderSnapshot(
        id=order_id,
        customer_id=draft.customer_id,
        idempotency_key=f"draft:{draft.id.hex}",
        fingerprint="",
        currency=draft.currency,
        payment_timeout_ms=hours * 3_600_000,
        lines=tuple(lines),
        placed_at=now,
        shipping_address=document.address,
        charges=document.charges,
    )


async def _place(
    session: AsyncSession, order: OrderSnapshot, draft: DraftOrder, actor: str, now: datetime
) -> None:
    """Errors: OutOfStock, InvalidInput (no use of the code is left)."""
    document = DraftDoc.from_json(draft.data)
    try:
        await hold_for_orders(session, {order.id: {ln.sku: ln.quantity for ln in order.lines}}, actor, now)
    except Refused as refused:
        raise refused.errors[order.id] from None
    if document.discount_id is not None:
        await hold_use(session, document.discount_id, order.id, order.customer_id, now, promised=True)
    connection = await session.connection()  # past the session, which looks at each row
    for table, values in rows.of_orders([order], OrderStatus.AWAITING_PAYMENT, now):
        if table is not OrderEvent:
            await connection.execute(insert(table), values)
    await rows.note(session, order.id, OrderStatus.AWAITING_PAYMENT, actor, now, document.note or _NOTE)
    await tell(session, now, OrderAccepted(order))
    draft.order_id, draft.updated_at, draft.version = order.id, now, draft.version + 1
    if order.total:
        await queue_order_mails(session, MailKind.ORDER_PLACED, [of_snapshot(order, order.expires_at)], now)
    else:
        await mark_free_paid(session, [(order.id, of_snapshot(order))], actor, now)
