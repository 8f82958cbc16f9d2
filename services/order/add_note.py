"""Staff note something about an order: for each other, or for the customer too."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.order_document import OrderView
from services.order.rows import current_view, lock_status, note
from services.shared.asked import Asked, check_fields
from services.shared.events import OrderNoted
from services.shared.idempotency import Request, do_once
from services.shared.tell import tell
from services.shared.texts import text_problem

OPERATION = "addOrderNote"
MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Note:
    """``visible`` to the customer, or to staff only."""

    order_id: UUID
    text: str
    visible: bool = False


async def add_note(infra: Infra, wish: Note, asked: Asked) -> OrderView:
    """Errors: InvalidInput, NotFound, IdempotencyConflict, TryAgain."""
    check_fields(text=text_problem(wish.text, MAX_NOTE) if wish.text.strip() else "must not be empty")
    request = Request.of(asked.by, OPERATION, asked.key, wish.order_id.hex, wish.text, int(wish.visible))

    async def work(session: AsyncSession) -> None:
        now, status = infra.now(), await lock_status(session, wish.order_id)
        await note(session, wish.order_id, status, asked.actor, now, wish.text, internal=not wish.visible)
        await tell(session, now, OrderNoted(wish.order_id, internal=not wish.visible))

    await do_once(infra, request, wish.order_id, work)
    return await current_view(infra, wish.order_id)
