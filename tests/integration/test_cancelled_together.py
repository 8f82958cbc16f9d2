"""Cancellations that come at the same time go together; each comes to what it would come to alone."""

import asyncio
from collections import Counter
from uuid import UUID

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.checkout.checkout import Checkout, checkout
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import place_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.errors import IdempotencyConflict, NotFound
from services.shared.events import OrderCancelled
from tests.books import outbox_types
from tests.factories import order_wish, running_sale, stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import add_customer, approve, begin, deliver, refunds_in, told
from tests.workers import persist_all

COUNT = 12


async def bought(infra: Infra, variant: UUID) -> OrderView:
    await add_customer(infra, customer := new_id())
    await add_item(infra, Owner.customer(customer), Wish(variant, 1))
    return await checkout(infra, Checkout(customer, "key"))


def wish(order: OrderView, key: str = "cancel", reason: str | None = None) -> Cancellation:
    return Cancellation(order.customer_id, order.id, reason, key)


async def test_many_of_one_sku_share_a_transaction(infra: Infra) -> None:
    """Orders of carts and of a sale, awaiting payment and paid, each by its own customer for its own reason."""
    item = await running_sale(infra, quantity=COUNT, on_hand=2 * COUNT)
    carts = [await bought(infra, item.variant_id) for _ in range(COUNT)]
    flash = [await place_flash_order(infra, order_wish(item)) for _ in range(COUNT)]
    await persist_all(infra)
    payment = await begin(infra, carts[0])
    await approve(infra, payment)
    await deliver(infra, told(payment))
    orders = [*carts, *flash]
    with statements(infra) as seen:
        done = await asyncio.gather(*(cancel_order(infra, wish(o, reason=o.id.hex)) for o in orders))
    assert sum(statement.startswith("UPDATE stock_levels") for statement in seen) < COUNT
    assert [(order.status, order.history[-1].note) for order in done] == [
        (OrderStatus.CANCELLED, order.id.hex) for order in orders
    ]
    assert [order.history[-1].actor for order in done] == [f"user:{order.customer_id.hex}" for order in orders]
    [refund] = await refunds_in(infra)
    assert (refund.payment_id, refund.reason) == (payment.id, carts[0].id.hex)
    assert refund.actor == f"user:{carts[0].customer_id.hex}"
    assert (await outbox_types(infra)).count(OrderCancelled.type) == 2 * COUNT
    levels = await stock_of(infra, item.sku)
    assert (levels["available"], levels["set_aside"], levels["held"], levels["committed"]) == (COUNT, COUNT, 0, 0)
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


async def test_each_has_its_own_answer(infra: Infra) -> None:
    """Of one key and of several, of a stranger, of what is there no more, and once more."""
    variant = await variant_in_stock(infra)
    order, other, late = [await bought(infra, variant.id) for _ in range(3)]
    await cancel_order(infra, wish(late, "before"))
    group = [
        wish(order, reason="one"), wish(order, reason="one"), wish(order, reason="two"), wish(order, "else"),
        Cancellation(new_id(), other.id, None, "k"), Cancellation(other.customer_id, new_id(), None, "k"),
        wish(late), wish(late, "before"),
    ]  # fmt: skip
    for _ in range(2):
        answers = await asyncio.gather(*(cancel_order(infra, one) for one in group), return_exceptions=True)
        kinds = [answer.status if isinstance(answer, OrderView) else type(answer) for answer in answers]
        cancelled = OrderStatus.CANCELLED
        assert kinds == [
            cancelled, cancelled, IdempotencyConflict, cancelled, NotFound, NotFound, cancelled, cancelled
        ]  # fmt: skip
    assert Counter(await outbox_types(infra))[OrderCancelled.type] == 2
    levels = await stock_of(infra, variant.sku)
    assert (levels["available"], levels["held"]) == (9, 1)
