"""A verdict that everything is right is worth something: it sees what is wrong."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from chaos.money import MoneyVerdict
from chaos.verdict import Verdict, judge
from chaos.wishes import Wish
from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSaleItem, MoneyEntry, Order, OrderLine, OrderStatus, Payment, StockEntry
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.find_ordered import Wanted
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import FlashOrder, place_flash_order
from tests.factories import running_sale, sale_of_several
from tests.integration.money import approve, begin, deliver, refund_all_due, told
from tests.modes import ONE_MODE
from tests.workers import persist_all


@dataclass(slots=True)
class Shop:
    """Ten units; two orders that await payment, and one that was cancelled."""

    infra: Infra
    item: FlashItemDoc
    wishes: list[Wish]

    async def verdict(self) -> Verdict:
        await persist_all(self.infra)
        return await judge(self.infra, [self.item], self.wishes, settling=0.1)

    async def change(self, statement: Any) -> None:
        async with self.infra.database.write() as session:
            await session.execute(statement)


@pytest.fixture
async def shop(infra: Infra) -> Shop:
    item, wishes = await running_sale(infra, quantity=10), []
    for quantity in (1, 2, 3):
        wish = Wish(new_id(), uuid4().hex, quantity)
        order = await place_flash_order(infra, FlashOrder(wish.customer_id, item.id, quantity, wish.key))
        wish.orders.add(order.id)
        wishes.append(wish)
    await persist_all(infra)
    last = wishes[-1]
    await cancel_order(infra, Cancellation(last.customer_id, order.id, None, "cancel"))
    last.cancelled = True
    await persist_all(infra)
    return Shop(infra, item, wishes)


async def test_all_is_right(shop: Shop) -> None:
    shop.wishes.append(Wish(new_id(), "refused", 1, refused=True))
    found = await shop.verdict()
    assert found == Verdict(accepted=3, orders=3, cancelled=1, units=10, sold=3, left=7)
    assert found.right


@ONE_MODE
async def test_an_order_that_was_shown_and_is_not_there(shop: Shop) -> None:
    shop.wishes.append(Wish(new_id(), "lost", 1, orders={lost := new_id()}))
    found = await shop.verdict()
    assert found.lost == [f"order {lost}: accepted, and not there"]
    assert not found.right


@ONE_MODE
async def test_answers_that_are_not_true(shop: Shop) -> None:
    first, second, _ = shop.wishes
    first.cancelled = True
    second.quantity = 1
    shop.wishes.append(Wish(first.customer_id, first.key, 1, refused=True))
    found = await shop.verdict()
    assert len(found.lost) == 2
    assert any("cancelled, and is AWAITING_PAYMENT" in problem for problem in found.lost)
    assert any("is not what was asked for" in problem for problem in found.lost)


@ONE_MODE
async def test_orders_of_several_items_and_armed_ones(infra: Infra) -> None:
    items = await sale_of_several(infra, 5, 5)
    wish = Wish(new_id(), "both", 1, items[0].id, ((items[1].id, 2),))
    others = tuple(Wanted(*other) for other in wish.others)
    order = await place_flash_order(infra, FlashOrder(wish.customer_id, items[0].id, 1, "both", others=others))
    wish.orders.add(order.id)
    await persist_all(infra)
    await persist_all(infra)  # and what that has told
    found = await judge(infra, items, [wish], settling=0.1)
    assert found == Verdict(accepted=1, orders=1, units=10, sold=3, left=7, several=1)
    wish.others, wish.quote = ((items[1].id, 1),), "an armed order's"
    found = await judge(infra, items, [wish], settling=0.1)
    assert found.lost == [f"order {order.id}: is not what was asked for"]
    wish.others = ((items[1].id, 2),)
    found = await judge(infra, items, [wish], settling=0.1)
    assert (found.lost, found.armed) == ([f"order {order.id}: armed, and nobody has taken its money"], 1)


@ONE_MODE
async def test_a_refusal_with_an_order(shop: Shop) -> None:
    shop.wishes[0].refused = True
    assert "refused, but there is an order" in (await shop.verdict()).lost[0]


@ONE_MODE
async def test_two_orders_of_a_key(shop: Shop) -> None:
    first = shop.wishes[0]
    other = await place_flash_order(shop.infra, FlashOrder(first.customer_id, shop.item.id, 1, "other"))
    await persist_all(shop.infra)
    assert len((await shop.verdict()).doubled) == 1  # nobody asked for it
    await shop.change(update(Order).where(Order.id == other.id).values(idempotency_key=first.key))
    assert (await shop.verdict()).doubled == [f"key {first.key}: 2 orders, 1 shown"]


@ONE_MODE
async def test_units_that_went_twice(shop: Shop) -> None:
    [order_id] = shop.wishes[0].orders
    async with shop.infra.database.read() as session:
        held = select(StockEntry.__table__).where(StockEntry.reference == order_id)
        row = dict((await session.execute(held)).mappings().one())
    await shop.change(insert(StockEntry).values(row | {"id": new_id()}))
    found = await shop.verdict()
    assert found.doubled == [f"order {order_id}: HELD is off by 1"]
    assert found.books


@ONE_MODE
async def test_units_that_were_sold_twice(shop: Shop) -> None:
    await shop.change(update(FlashSaleItem).where(FlashSaleItem.id == shop.item.id).values(remaining=8))
    found = await shop.verdict()
    assert "3 sold and 8 left of 10 units" in found.books


@ONE_MODE
async def test_an_order_that_went(shop: Shop) -> None:
    [order_id] = shop.wishes[1].orders
    await shop.change(delete(OrderLine).where(OrderLine.order_id == order_id))
    found = await shop.verdict()
    assert (len(found.lost), found.sold) == (1, 1)
    assert "1 sold and 7 left of 10 units" in found.books


@ONE_MODE
async def test_a_rejected_order_was_accepted_to_nobody(shop: Shop) -> None:
    [order_id] = shop.wishes[0].orders
    await shop.change(update(Order).where(Order.id == order_id).values(status=OrderStatus.REJECTED))
    assert f"order {order_id}: accepted, and not there" in (await shop.verdict()).lost


async def buy(shop: Shop) -> tuple[Wish, Payment]:
    """One more unit, paid for on the sandbox's page."""
    wish = Wish(new_id(), uuid4().hex, 1, approved=True)
    order = await place_flash_order(shop.infra, FlashOrder(wish.customer_id, shop.item.id, 1, wish.key))
    wish.orders.add(order.id)
    shop.wishes.append(wish)
    await persist_all(shop.infra)
    payment = await begin(shop.infra, order)
    await approve(shop.infra, payment)
    await deliver(shop.infra, told(payment, fees=payment.amount // 100))
    return wish, payment


async def test_money_is_where_it_belongs(shop: Shop) -> None:
    wish, payment = await buy(shop)
    found = await shop.verdict()
    assert (found.money, found.paid, found.right) == (MoneyVerdict(taken=1), 1, True)
    await cancel_order(shop.infra, Cancellation(wish.customer_id, payment.order_id, None, "cancel"))
    wish.cancelled = True
    await refund_all_due(shop.infra)
    found = await shop.verdict()
    assert (found.money, found.right) == (MoneyVerdict(taken=1, given_back=1), True)


@ONE_MODE
async def test_money_that_is_not(shop: Shop) -> None:
    wish, payment = await buy(shop)
    other, _, _, _ = shop.wishes
    wish.approved, other.approved = False, True
    await shop.change(update(Order).where(Order.id == payment.order_id).values(status=OrderStatus.EXPIRED))
    await shop.change(delete(MoneyEntry).where(MoneyEntry.account == "orders"))
    found = await shop.verdict()
    assert not found.right
    assert [problem for problem in found.money.wrong if "kept" in problem]
    assert f"key {wish.key}: approved False, taken 1 times" in found.money.wrong
    assert f"key {other.key}: approved True, taken 0 times" in found.money.wrong
    assert [problem for problem in found.money.wrong if problem.startswith("Difference(what='books'")]
