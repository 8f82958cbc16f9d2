"""Checkouts that come at the same time take their steps together; each comes to what it would come to alone."""

import asyncio
from collections import Counter
from uuid import UUID

from sqlalchemy import func, select

from infra.ids import new_id
from infra.runtime import Infra
from models import Barrier, OrderStatus, QueuedMail, SagaState
from models.order_document import OrderView
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.checkout.checkout import Checkout, checkout
from services.checkout.steps import CHECKOUT, PLANS
from services.reconcile.reconcile import reconcile
from services.saga.list_sagas import list_sagas
from services.shared.errors import CartEmpty, OutOfStock, TryAgain
from services.shared.events import OrderAccepted
from tests.books import outbox_types
from tests.factories import stock_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import add_customer

SHOPPERS = 12


async def customers_with(infra: Infra, *variants: UUID, count: int) -> list[UUID]:
    customers = [new_id() for _ in range(count)]
    for customer in customers:
        await add_customer(infra, customer)
        for variant in variants:
            await add_item(infra, Owner.customer(customer), Wish(variant, 2))
    return customers


async def count(infra: Infra, rows: type[QueuedMail] | type[Barrier]) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(rows)) or 0


async def test_many_share_the_transactions_of_each_step(infra: Infra) -> None:
    hot, other = [await variant_in_stock(infra, on_hand=2 * SHOPPERS) for _ in range(2)]
    customers = await customers_with(infra, hot.id, other.id, count=SHOPPERS)
    with statements(infra) as seen:
        orders = await asyncio.gather(*(checkout(infra, Checkout(customer, "key")) for customer in customers))
    for written in ("UPDATE stock_levels", "INSERT INTO sagas", "INSERT INTO orders", "INSERT INTO mails"):
        # How many come in time for one is chance.
        assert sum(statement.startswith(written) for statement in seen) < SHOPPERS, written
    assert [order.customer_id for order in orders] == customers
    assert {(order.status, order.total) for order in orders} == {(OrderStatus.AWAITING_PAYMENT, 4 * 5000)}
    for sku in (hot.sku, other.sku):
        levels = await stock_of(infra, sku)
        assert (levels["available"], levels["held"]) == (0, 2 * SHOPPERS)
    assert (await outbox_types(infra)).count(OrderAccepted.type) == SHOPPERS
    assert await count(infra, QueuedMail) == SHOPPERS
    ended = await list_sagas(infra, PLANS, ended=True)
    assert [saga.state for saga in ended] == [SagaState.DONE] * SHOPPERS
    assert await count(infra, Barrier) == SHOPPERS * len(CHECKOUT.steps)  # none for a code, one more for the stock
    assert (await reconcile(infra)).differences == []


async def test_who_is_refused_spoils_nothing_for_the_others(infra: Infra) -> None:
    """Short of stock, a key that is sent twice, two devices of one cart: each has its own answer."""
    rare, plenty = await variant_in_stock(infra, on_hand=5), await variant_in_stock(infra)
    shoppers = [Checkout(customer, "key") for customer in await customers_with(infra, rare.id, count=3)]
    twice, devices = await customers_with(infra, plenty.id, count=2)
    same, own = Checkout(twice, "key"), [Checkout(devices, key) for key in ("one", "two")]
    answers = await asyncio.gather(
        *(checkout(infra, wish) for wish in [*shoppers, same, same, *own]), return_exceptions=True
    )
    kinds = [type(answer) for answer in answers]
    assert Counter(kinds[:3]) == {OrderView: 2, OutOfStock: 1}
    assert kinds[3:5] == [OrderView, OrderView]
    assert answers[3] == answers[4]
    [late] = [kind for kind in kinds[5:] if kind is not OrderView]
    assert late in (TryAgain, CartEmpty)
    assert [(await stock_of(infra, v.sku))["held"] for v in (rare, plenty)] == [4, 4]
    [undone] = [saga for saga in await list_sagas(infra, PLANS, ended=True) if saga.state == SagaState.UNDONE]
    loser = kinds.index(OutOfStock)
    assert (undone.owner_id, undone.failure) == (
        shoppers[loser].customer_id,
        f"OUT_OF_STOCK: {short(answers[loser])}",
    )
    assert (await reconcile(infra)).differences == []


def short(answer: object) -> str:
    assert isinstance(answer, OutOfStock)
    assert answer.available == 1
    return answer.message
