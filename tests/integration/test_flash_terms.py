"""What a sale asks of its orders: a use of a code that a quote holds, an address and a way to ship."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import DiscountKind, OrderStatus
from services.charges.check_zone import PlaceDraft
from services.charges.create_shipping_zone import create_shipping_zone
from services.flash_sale.change_sale import SaleChange, change_sale
from services.flash_sale.find_items import forget_item
from services.order.cancel_order import Cancellation, cancel_order
from services.order.flash_quotes import FlashQuote
from services.order.hold_code import sweep_code_holds
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish, quote_flash_order
from services.shared.errors import InvalidInput
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import sale_of_several
from tests.integration.money import asked
from tests.integration.test_charge_rules import zone
from tests.integration.test_checkout import address_in
from tests.integration.test_discounts import new_code, states, used
from tests.integration.test_flash_charges import click
from tests.modes import ONE_MODE
from tests.workers import persist_all


async def problem(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [".".join(one.path[1:]) for one in refused.value.problems]


async def quoted(infra: Infra, item_id: UUID, customer: UUID, code: str = "spring") -> FlashQuote:
    return await quote_flash_order(infra, FlashQuoteWish(customer, item_id, 1, discount_code=code))


async def test_a_use_of_a_code_is_held_adopted_and_given_back(infra: Infra) -> None:
    [item] = await sale_of_several(infra, 9, price="10.00", allows_codes=True)
    await new_code(infra, max_uses=1)
    ada, eve = new_id(), new_id()
    made = await quoted(infra, item.id, ada)
    assert (made.charges.discount, made.charges.total, await used(infra)) == (100, 900, 1)
    with pytest.raises(InvalidInput) as refused:
        await quoted(infra, item.id, eve)
    assert await problem(refused) == ["discountCode"]
    again = await quoted(infra, item.id, ada)  # it is the same use
    assert (again.code_hold, await used(infra)) == (made.code_hold, 1)

    order = await place_flash_order(infra, click(made))
    assert (order.total, await place_flash_order(infra, click(made))) == (900, order)
    with pytest.raises(InvalidInput) as refused:
        await place_flash_order(infra, click(again, "second"))
    assert await problem(refused) == ["quote"]
    with pytest.raises(InvalidInput):  # until the order is in the database
        await quoted(infra, item.id, ada)
    later = replace(infra, now=lambda: infra.now() + timedelta(minutes=20))
    sweeping = asyncio.create_task(sweep_code_holds(later))  # the log is read first: the order keeps its use
    await persist_all(infra)
    assert (await sweeping, await used(infra), await states(infra)) == (0, 1, ["HELD"])
    assert await orders_in(infra) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await cancel_order(infra, Cancellation(ada, order.id, None, "cancel"))
    assert (await used(infra), await states(infra)) == (0, ["RELEASED"])
    assert (await quoted(infra, item.id, eve)).charges.total == 900
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=9)


async def test_a_use_of_which_no_order_came_is_swept_and_not_sold_twice(infra: Infra) -> None:
    [item] = await sale_of_several(infra, 9, price="10.00", allows_codes=True)
    await new_code(infra, max_uses=1)
    ada, eve = new_id(), new_id()
    made = await quoted(infra, item.id, ada)
    assert await sweep_code_holds(infra) == 0
    later = replace(infra, now=lambda: infra.now() + timedelta(minutes=20))
    await persist_all(infra)
    assert (await sweep_code_holds(later), await used(infra)) == (1, 0)
    # An order of it that comes all the same - its message lay somewhere - gets a use if there is one.
    order = await place_flash_order(infra, click(made))
    await persist_all(infra)
    assert (await used(infra), await orders_in(infra)) == (1, {order.id: OrderStatus.AWAITING_PAYMENT})
    await cancel_order(infra, Cancellation(ada, order.id, None, "cancel"))
    mine = await quoted(infra, item.id, ada)
    await persist_all(infra)
    assert await sweep_code_holds(later) == 1
    taken = await quoted(infra, item.id, eve)
    late = await place_flash_order(infra, click(mine, "late"))
    await persist_all(infra)
    assert (await orders_in(infra))[late.id] == OrderStatus.REJECTED
    good = await place_flash_order(infra, click(taken))
    await persist_all(infra)
    assert ((await orders_in(infra))[good.id], await used(infra)) == (OrderStatus.AWAITING_PAYMENT, 1)
    await assert_adds_up(infra, item, remaining=8)


async def test_customers_together_get_no_more_uses_than_there_are(infra: Infra) -> None:
    [item] = await sale_of_several(infra, 20, price="10.00", allows_codes=True)
    await new_code(infra, max_uses=3, max_uses_per_customer=1)
    customers = [new_id() for _ in range(6)]

    async def buy(customer: UUID, key: str) -> object:
        try:
            return (await place_flash_order(infra, click(await quoted(infra, item.id, customer), key))).id
        except InvalidInput:
            return None

    bought = await asyncio.gather(*(buy(customer, key) for customer in customers for key in ("a", "b")))
    await persist_all(infra)
    orders = {order for order in bought if order is not None}
    assert (len(orders), await used(infra)) == (3, 3)
    assert await orders_in(infra) == dict.fromkeys(orders, OrderStatus.AWAITING_PAYMENT)


@ONE_MODE
async def test_what_a_sale_asks_for_is_asked_before_the_click(infra: Infra) -> None:
    customer = new_id()
    home = await address_in(infra, customer, "DE")
    await create_shipping_zone(infra, zone(PlaceDraft("*")), asked())
    [item] = await sale_of_several(infra, 9, requires_delivery=True)
    whole = FlashQuoteWish(customer, item.id, 1, home, "parcel")
    for lacking, name in (
        (replace(whole, address_id=None), "addressId"),
        (replace(whole, shipping_method=None), "shippingMethod"),
        (replace(whole, discount_code="spring"), "discountCode"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await quote_flash_order(infra, lacking)
        assert await problem(refused) == [name]
    made = await quote_flash_order(infra, whole)
    for bad in (FlashOrder(customer, item.id, 1, "k", home), click(replace(made, address=None))):
        with pytest.raises(InvalidInput) as refused:
            await place_flash_order(infra, bad)
        assert await problem(refused) == ["quote"]
    assert (await counters(infra, item)).remaining == 9
    order = await place_flash_order(infra, click(made))
    assert order.charges == made.charges
    await change_sale(infra, SaleChange(item.sale_id, 1, requires_delivery=False, allows_codes=True), "user:staff")
    forget_item(infra, item.id)
    await new_code(infra, kind=DiscountKind.FREE_SHIPPING, percent=None)
    free = await quote_flash_order(infra, replace(whole, shipping_method=None, discount_code="spring"))
    assert free.charges.shipping_discount == free.charges.shipping > 0
    assert Decimal(free.charges.total) == free.items[0].price
