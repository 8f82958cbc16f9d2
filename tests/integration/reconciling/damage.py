"""A sale with orders, damage by hand, and what is found of it."""

from uuid import uuid4

from sqlalchemy import Executable

from infra.runtime import Infra
from models import OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reconcile.reconcile import reconcile
from services.reconcile.report import Report, Scope, Value
from tests.factories import order_wish, running_sale
from tests.workers import persist_all

Sale = tuple[FlashItemDoc, list[OrderView], list[FlashOrder]]


Seen = tuple[Scope, str, Value, Value]


async def sale_with_two_orders(infra: Infra) -> Sale:
    """On hand 10, of which 5 in the sale, of which 2 are in unpaid orders."""
    item = await running_sale(infra, quantity=5)
    wishes = [order_wish(item) for _ in range(2)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    await persist_all(infra)
    return item, orders, wishes


async def cancel(infra: Infra, order: OrderView, wish: FlashOrder) -> None:
    cancelled = await cancel_order(infra, Cancellation(wish.customer_id, order.id, None, uuid4().hex))
    assert cancelled.status == OrderStatus.CANCELLED


async def found(infra: Infra) -> tuple[set[Seen], int]:
    """What differs, and how many orders are on their way."""
    report = await reconcile(infra)
    return seen(report), report.on_their_way


def seen(report: Report) -> set[Seen]:
    return {(d.scope, d.what, d.expected, d.found) for d in report.differences}


async def by_hand(infra: Infra, *statements: Executable) -> None:
    async with infra.database.write() as session:
        for statement in statements:
            await session.execute(statement)
