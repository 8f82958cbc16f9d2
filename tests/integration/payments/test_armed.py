"""Armed orders: one press, and the money is taken by itself, once; who cannot pay holds nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import ArmedOrder, ArmedState, MailKind, OrderStatus, PaymentStatus, User
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.account.erase_user import erase_user
from services.flash_sale.find_ordered import Wanted
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish
from services.payment.arm_flash_order import (
    ArmWish,
    arm_flash_order,
    disarm_flash_order,
    find_armed,
    quote_of_armed,
)
from services.payment.charge_armed import DECLINED_NOTE, charge_armed, forget_armed
from services.payment.forget_set_ups import expire_armed, forget_set_ups
from services.payment.provider import Charge, Standing, Unreachable
from services.payment.sandbox.page import Decision, decide
from services.payment.sandbox.provider import Sandbox
from services.reconcile.reconcile import reconcile
from services.shared.errors import (
    CannotChargeLater,
    FlashSaleNotRunning,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    PurchaseLimitReached,
)
from services.user.register import register
from tests.books import assert_adds_up, orders_in
from tests.factories import live_remaining, running_sale, sale_of, sale_of_several, variant_in_stock
from tests.integration.money import BASE, add_customer, book, mails_in, payments_in, status_of
from tests.integration.test_discounts import new_code, used
from tests.integration.test_flash_charges import click
from tests.modes import ONE_MODE
from tests.workers import persist_all


async def arm(infra: Infra, item: FlashItemDoc, customer: UUID, quantity: int = 1, key: str = "arm") -> ArmedOrder:
    wish = FlashQuoteWish(customer, item.id, quantity)
    return await arm_flash_order(infra, ArmWish(wish, "sandbox", None, key, BASE))


async def ready(infra: Infra, item: FlashItemDoc, customer: UUID) -> ArmedOrder:
    """Armed, and the customer has come back from the provider's page."""
    armed = await arm(infra, item, customer)
    assert (armed.state, str(armed.redirect_url)) == (
        ArmedState.SETTING_UP,
        f"{BASE}/sandbox/payments/{armed.set_up}",
    )
    await decide(infra, UUID(armed.set_up), Decision(True), f"{BASE}/hook")
    armed = await arm(infra, item, customer)
    assert (armed.state, armed.method) == (ArmedState.READY, armed.set_up)
    return armed


async def press(infra: Infra, armed: ArmedOrder, key: str = "key") -> OrderView:
    order = await place_flash_order(infra, click(quote_of_armed(armed), key))
    await persist_all(infra)
    return order


async def charge_all(infra: Infra) -> None:
    while await charge_armed(infra):
        pass


async def state_of(infra: Infra, armed: ArmedOrder) -> str:
    return (await find_armed(infra, armed.customer_id, armed.id)).state


async def test_one_press_and_the_money_is_taken_once(infra: Infra) -> None:
    item, customer = await running_sale(infra, quantity=5, price="19.90"), new_id()
    await add_customer(infra, customer)
    armed = await ready(infra, item, customer)
    order = await press(infra, armed)
    assert await place_flash_order(infra, click(quote_of_armed(armed))) != order  # it is in the database
    assert (await place_flash_order(infra, click(quote_of_armed(armed)))).id == order.id
    assert await state_of(infra, armed) == ArmedState.PLACED
    await asyncio.gather(charge_armed(infra), charge_armed(infra))
    await charge_all(infra)
    [payment] = await payments_in(infra, order.id)
    assert (payment.status, payment.captured, payment.pays_order) == (PaymentStatus.CAPTURED, 1990, True)
    assert (await status_of(infra, order.id), await state_of(infra, armed)) == (
        OrderStatus.PAID,
        ArmedState.CHARGED,
    )
    assert (await book(infra))["orders", "EUR"] == -1990
    assert await mails_in(infra) == [MailKind.RECEIPT]
    # Pressed with another key it is another order, for which the customer is asked.
    second = await press(infra, armed, "second")
    await charge_all(infra)
    assert await status_of(infra, second.id) == OrderStatus.AWAITING_PAYMENT
    assert await live_remaining(infra, item) == 3
    assert (await reconcile(infra)).differences == []


async def test_who_cannot_pay_holds_nothing(infra: Infra) -> None:
    item, customer = await running_sale(infra, quantity=1), new_id()
    await add_customer(infra, customer)
    armed = await ready(infra, item, customer)
    await Sandbox(infra).cancel(str(armed.set_up), "key")  # the card is blocked meanwhile
    order = await press(infra, armed)
    assert await live_remaining(infra, item) == 0
    await charge_all(infra)
    assert await live_remaining(infra, item) == 1
    [payment] = await payments_in(infra, order.id)
    assert (payment.status, await state_of(infra, armed)) == (PaymentStatus.FAILED, ArmedState.DECLINED)
    cancelled = await place_flash_order(infra, click(quote_of_armed(armed)))
    assert (cancelled.status, cancelled.history[-1].note) == (OrderStatus.CANCELLED, DECLINED_NOTE)
    assert await mails_in(infra) == [MailKind.ORDER_CANCELLED]
    # Somebody else has the unit, and nobody set anything up: it is not charged either.
    other = await press(infra, await arm(infra, item, new_id()))
    await charge_all(infra)
    assert await status_of(infra, other.id) == OrderStatus.CANCELLED
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=1)
    assert (await reconcile(infra)).differences == []


async def test_a_lost_answer_is_asked_for_again_and_charged_once(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, customer = await running_sale(infra, quantity=5, price="19.90"), new_id()
    order = await press(infra, armed := await ready(infra, item, customer))
    charged = Sandbox.charge_off_session

    async def lose(self: Sandbox, charge: Charge, method: str) -> Standing:
        await charged(self, charge, method)
        raise Unreachable("no answer")

    monkeypatch.setattr(Sandbox, "charge_off_session", lose)
    assert await charge_armed(infra) == 1
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT
    monkeypatch.undo()
    later = replace(infra, now=lambda: infra.now() + timedelta(seconds=30))
    await charge_all(later)
    [payment] = await payments_in(infra, order.id)
    assert (payment.captured, await status_of(infra, order.id)) == (1990, OrderStatus.PAID)
    assert await state_of(infra, armed) == ArmedState.CHARGED
    assert (await book(infra))["provider:sandbox", "EUR"] == 1990 - 19
    # Died between the declined payment and the order: the next round goes on.
    async with infra.database.write() as session:
        row = await session.get(ArmedOrder, armed.id)
        assert row is not None
        row.state, row.due_at = ArmedState.PLACED, infra.now()
    await charge_all(infra)
    assert len(await payments_in(infra, order.id)) == 1
    assert await state_of(infra, armed) == ArmedState.CHARGED
    month = replace(infra, now=lambda: infra.now() + timedelta(days=40))
    assert await forget_armed(month) == 0  # what was set up is forgotten first
    assert await set_up_is(infra, armed) == PaymentStatus.AUTHORIZED
    assert await forget_set_ups(infra) == 1
    assert await set_up_is(infra, armed) == PaymentStatus.CANCELLED
    assert await forget_armed(month) == 1


async def set_up_is(infra: Infra, armed: ArmedOrder) -> PaymentStatus:
    standing = await Sandbox(infra).fetch(f"setup:{armed.id.hex}", None)
    assert standing is not None
    return standing.status


async def test_what_was_set_up_is_forgotten_when_it_is_not_needed_any_more(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, ada = await running_sale(infra, quantity=9), new_id()
    armed = await ready(infra, item, ada)
    assert await forget_set_ups(infra) == 0
    await disarm_flash_order(infra, ada, armed.id)

    async def away(self: Sandbox, reference: str) -> None:
        raise Unreachable("no answer")

    with monkeypatch.context() as down:
        down.setattr(Sandbox, "forget_set_up", away)
        assert await forget_set_ups(infra) == 1
    assert (await forget_set_ups(infra), await set_up_is(infra, armed)) == (0, PaymentStatus.AUTHORIZED)
    later = replace(infra, now=lambda: infra.now() + timedelta(minutes=1))
    assert (await forget_set_ups(later), await set_up_is(infra, armed)) == (1, PaymentStatus.CANCELLED)
    assert await forget_set_ups(later) == 0

    # The customer presses all the same: it is an order like any other.
    order = await press(infra, armed)
    assert await status_of(infra, order.id) == OrderStatus.AWAITING_PAYMENT
    late, account = (
        await ready(infra, item, new_id()),
        await register(infra, email="gone@example.com", password="correct horse", display_name="Ada"),
    )
    erased = await ready(infra, item, account.id)
    async with infra.database.write() as session:
        owner = await session.get(User, account.id, with_for_update=True)
        assert owner is not None
        await erase_user(session, owner)
    after = replace(infra, now=lambda: item.ends_at + timedelta(minutes=61))
    assert await expire_armed(infra) == 0
    assert await expire_armed(after) == 1
    assert (await state_of(infra, late), await state_of(infra, erased)) == (
        ArmedState.EXPIRED,
        ArmedState.DISARMED,
    )
    assert (await find_armed(infra, account.id, erased.id)).quote == []
    assert await forget_set_ups(after) == 2
    assert {await set_up_is(infra, one) for one in (late, erased)} == {PaymentStatus.CANCELLED}


async def test_a_code_and_several_items_are_armed_before_the_start(infra: Infra) -> None:
    items, customer = await sale_of_several(infra, 5, 5, price="10.00", allows_codes=True), new_id()
    await new_code(infra, max_uses=1)
    wish = FlashQuoteWish(customer, items[0].id, 1, discount_code="spring", others=(Wanted(items[1].id, 2),))
    asked = ArmWish(wish, "sandbox", None, "arm", BASE)
    armed = await arm_flash_order(infra, asked)
    await decide(infra, UUID(armed.set_up), Decision(True), f"{BASE}/hook")
    order = await press(infra, armed)  # who never came back has set it up all the same
    assert order.total == 2700
    await charge_all(infra)
    assert (await status_of(infra, order.id), await used(infra)) == (OrderStatus.PAID, 1)
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


@ONE_MODE
async def test_what_cannot_be_armed_is_said(infra: Infra) -> None:
    customer, sku = new_id(), (await variant_in_stock(infra, on_hand=9)).sku
    item = await sale_of(infra, sku, quantity=5, limit=2, starts_in=3600)
    with pytest.raises(CannotChargeLater) as refused:
        await arm_flash_order(infra, ArmWish(FlashQuoteWish(customer, item.id, 1), "manual", None, "k", BASE))
    assert refused.value.provider == "manual"
    with pytest.raises(InvalidInput):
        await arm_flash_order(infra, ArmWish(FlashQuoteWish(customer, item.id, 1), "nobody", None, "k", BASE))
    with pytest.raises(PurchaseLimitReached):
        await arm(infra, item, customer, 3)
    armed = await ready(infra, item, customer)
    with pytest.raises(IdempotencyConflict):
        await arm(infra, item, customer, 2)
    with pytest.raises(PurchaseLimitReached):
        await arm(infra, item, customer, 2, "more")
    with pytest.raises(FlashSaleNotRunning):  # one press too early
        await place_flash_order(infra, click(quote_of_armed(armed)))
    with pytest.raises(InvalidInput):  # of one item only
        await place_flash_order(infra, FlashOrder(customer, item.id, 2, "k", quote=quote_of_armed(armed)))
    with pytest.raises(NotFound):
        await disarm_flash_order(infra, new_id(), armed.id)
    assert (await disarm_flash_order(infra, customer, armed.id)).state == ArmedState.DISARMED
    declined = await arm(infra, item, customer, 2, "again")
    await decide(infra, UUID(declined.set_up), Decision(False), f"{BASE}/hook")
    assert (await arm(infra, item, customer, 2, "again")).state == ArmedState.FAILED
    assert [standing async for standing in Sandbox(infra).list_since(infra.now() - timedelta(hours=1))] == []
    assert await orders_in(infra) == {}
