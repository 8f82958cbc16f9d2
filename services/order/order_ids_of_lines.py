"""Find the order that a part of it belongs to, whosever it is: who may see the order is asked then."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import OrderLine
from services.order.find_orders import find_accepted
from services.order.views import accepted_view


async def order_ids_of_lines(infra: Infra, line_ids: Collection[UUID], customer_id: UUID) -> dict[UUID, UUID]:
    """Find the order of each line, of the customer's also in Redis: one statement, and a look there for what the
    database has not.

    Errors: StoreUnavailable.
    """
    async with infra.database.read() as session:
        rows = await session.execute(select(OrderLine.id, OrderLine.order_id).where(OrderLine.id.in_(line_ids)))
        found = {row[0]: row[1] for row in rows}
    if any(id_ not in found for id_ in line_ids):
        views = map(accepted_view, await find_accepted(infra, customer_id))
        found |= {line.id: view.id for view in views for line in view.lines}
    return found
