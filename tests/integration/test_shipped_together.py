"""Parcels that are sent at the same time are written together; each comes to what it would come to alone."""

import asyncio

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.reconcile.reconcile import reconcile
from services.shared.errors import IdempotencyConflict, InvalidInput, InvalidTransition, NotFound
from services.shared.events import OrderPartlyShipped, OrderShipped
from tests.books import outbox_types
from tests.factories import stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import approve, asked, begin, deliver, mails_in, told
from tests.integration.test_cancelled_together import bought

COUNT = 10


async def paid_orders(infra: Infra, count: int) -> list[OrderView]:
    variant = await variant_in_stock(infra, on_hand=count)
    orders = [await bought(infra, variant.id) for _ in range(count)]
    payments = [await begin(infra, order) for order in orders]
    await asyncio.gather(*(approve(infra, payment) for payment in payments))
    await asyncio.gather(*(deliver(infra, told(payment)) for payment in payments))
    return orders


async def test_many_of_one_sku_share_a_transaction(infra: Infra) -> None:
    orders = await paid_orders(infra, COUNT)
    with statements(infra) as seen:
        shipped = await asyncio.gather(
            *(create_shipment(infra, ShipmentDraft(o.id, "Post"), asked(o.id.hex)) for o in orders)
        )
    assert sum(statement.startswith("UPDATE stock_levels") for statement in seen) < COUNT / 2
    assert [(order.id, order.status) for order in shipped] == [(o.id, OrderStatus.SHIPPED) for o in orders]
    assert {(order.lines[0].shipped, order.history[-1].status) for order in shipped} == {(1, OrderStatus.SHIPPED)}
    assert (await outbox_types(infra)).count(OrderShipped.type) == COUNT
    assert (await mails_in(infra)).count("ORDER_SHIPPED") == COUNT
    assert set((await stock_of(infra, orders[0].lines[0].sku)).values()) == {0}
    assert (await reconcile(infra)).differences == []


async def test_each_has_its_own_answer(infra: Infra) -> None:
    """Two parcels of one order, one key twice and for something else, what is not paid, not there, or no line."""
    order, other = await paid_orders(infra, 2)
    unpaid = await bought(infra, (await variant_in_stock(infra)).id)
    group = [
        (ShipmentDraft(order.id, "Post"), "one"), (ShipmentDraft(order.id, "Post"), "one"),
        (ShipmentDraft(order.id, "Van"), "one"), (ShipmentDraft(order.id, "Post"), "two"),
        (ShipmentDraft(unpaid.id, "Post"), "three"), (ShipmentDraft(new_id(), "Post"), "four"),
        (ShipmentDraft(other.id, "Post", None, ((order.lines[0].id, 1),)), "five"),
        (ShipmentDraft(other.id, "Van"), "six"),
    ]  # fmt: skip
    for wrong in (InvalidInput, InvalidTransition):  # errors are not remembered
        answers = await asyncio.gather(
            *(create_shipment(infra, draft, asked(key)) for draft, key in group), return_exceptions=True
        )
        kinds = [answer.status if isinstance(answer, OrderView) else type(answer) for answer in answers]
        shipped = OrderStatus.SHIPPED
        assert kinds == [
            shipped, shipped, IdempotencyConflict, InvalidTransition, InvalidTransition, NotFound, wrong, shipped
        ]  # fmt: skip
    assert (await outbox_types(infra)).count(OrderShipped.type) == 2
    assert OrderPartlyShipped.type not in await outbox_types(infra)
