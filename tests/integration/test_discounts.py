"""Discount codes: what they take off, who gets the last use, and that each use is given back once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.ids import new_id
from infra.runtime import Infra
from models import DiscountCode, DiscountKind, DiscountUse, DiscountUseState, OrderStatus
from models.charges_document import Charges
from models.order_document import OrderView
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.discount.create_code import CodeDraft, create_code, disable_code, look_up_code
from services.discount.list_codes import CodeFilter, count_codes, list_codes
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.order.mark_paid import mark_paid
from services.reconcile.reconcile import reconcile
from services.shared.errors import InvalidInput, OutOfStock
from services.shared.pages import IdPage
from tests.factories import make_due, stock_of, variant_in_stock
from tests.integration.test_checkout import configured, in_cart, put
from tests.modes import ONE_MODE

__all__ = ["configured"]
TENTH = Decimal(10)


async def new_code(infra: Infra, code: str = "SPRING", **terms: Any) -> DiscountCode:
    draft: dict[str, Any] = {"kind": DiscountKind.PERCENT, "percent": TENTH} | terms
    return await create_code(infra, CodeDraft(code, **draft), "test")


async def used(infra: Infra, code: str = "SPRING") -> int:
    row = await look_up_code(infra, code)
    assert row is not None
    return row.used


async def buy(infra: Infra, customer: UUID, code: str = "spring", key: str = "key") -> OrderView:
    return await checkout(infra, Checkout(customer, key, Terms(discount_code=code)))


async def pay(infra: Infra, order_id: UUID) -> bool:
    """Returns whether it is this that made it PAID."""
    ids = [order_id]
    return bool(await infra.database.transact(lambda session: mark_paid(session, ids, "payments", infra.now())))


async def states(infra: Infra) -> list[str]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(DiscountUse.state)))


@pytest.mark.parametrize(
    ("terms", "charges"),
    [
        ({"percent": Decimal("12.5")}, Charges(5997, 750, 250, 0, 466 + 22, False, "letter", "SPRING")),
        (
            {"kind": DiscountKind.AMOUNT, "percent": None, "amount": Decimal(99), "currency": "EUR"},
            Charges(5997, 5997, 250, 0, 22, False, "letter", "SPRING"),
        ),
        (
            {"kind": DiscountKind.FREE_SHIPPING, "percent": None},
            Charges(5997, 0, 250, 250, 532, False, "letter", "SPRING"),
        ),
    ],
)
@ONE_MODE
async def test_what_they_take_off(configured: Infra, terms: dict[str, Any], charges: Charges) -> None:
    infra, customer = configured, new_id()
    await new_code(infra, **terms)
    await put(infra, customer, await variant_in_stock(infra, price=1999), 3)
    order = await buy(infra, customer)
    assert order.charges is not None
    assert replace(order.charges, taxes=()) == charges
    [(rate, net, tax)] = order.charges.taxes
    assert (rate, net + tax, tax) == (88_750, charges.total, charges.tax)
    assert order.total == charges.total
    assert await states(infra) == [DiscountUseState.HELD]


async def test_of_many_orders_at_once_as_many_as_the_limit_get_it(infra: Infra) -> None:
    await new_code(infra, max_uses=3)
    variant, buyers = await variant_in_stock(infra, on_hand=20), [new_id() for _ in range(8)]
    for buyer in buyers:
        await put(infra, buyer, variant, 1)
    results = await asyncio.gather(*(buy(infra, buyer) for buyer in buyers), return_exceptions=True)
    won = [result for result in results if isinstance(result, OrderView)]
    assert len(won) == await used(infra) == 3
    refused = [result for result in results if isinstance(result, InvalidInput)]
    assert len(refused) == 5
    assert {problem.path for error in refused for problem in error.problems} == {("input", "discountCode")}
    # Who was refused holds nothing, and still has the cart.
    assert (await stock_of(infra, variant.sku))["held"] == 3
    losers = [b for b, r in zip(buyers, results, strict=True) if isinstance(r, InvalidInput)]
    assert [await in_cart(infra, loser) for loser in losers] == [{variant.sku: 1}] * 5
    assert (await checkout(infra, Checkout(losers[0], "key"))).total == 5000
    assert (await reconcile(infra)).differences == []


async def test_one_customer_uses_it_as_often_as_allowed(infra: Infra) -> None:
    await new_code(infra, max_uses_per_customer=1)
    ada, eve, variant = new_id(), new_id(), await variant_in_stock(infra)
    await put(infra, ada, variant, 1)
    first = await buy(infra, ada)
    await put(infra, ada, variant, 1)
    with pytest.raises(InvalidInput, match="as often as one customer may"):
        await buy(infra, ada, key="again")
    await put(infra, eve, variant, 1)
    await buy(infra, eve)
    await cancel_order(infra, Cancellation(ada, first.id, None, "cancel"))
    await buy(infra, ada, key="again")
    assert await used(infra) == 2


@pytest.mark.parametrize("how", ["expired", "cancelled", "paid and cancelled", "out of stock"])
async def test_a_use_is_given_back_once(infra: Infra, how: str) -> None:
    await new_code(infra, max_uses=5)
    customer, other, variant = new_id(), new_id(), await variant_in_stock(infra)
    for who in (customer, other):
        await put(infra, who, variant, 1)
    await buy(infra, other)
    if how == "out of stock":
        await put(infra, customer, rare := await variant_in_stock(infra, on_hand=1), 1)
        await put(infra, other, rare, 1)
        await buy(infra, other, key="rare")
        with pytest.raises(OutOfStock):
            await buy(infra, customer)
        assert await used(infra) == 2
        return
    order = await buy(infra, customer)
    assert await used(infra) == 2
    if how == "expired":
        await make_due(infra, order.id)
        await asyncio.gather(*(expire_due_orders(infra) for _ in range(3)))
    else:
        if how == "paid and cancelled":
            await pay(infra, order.id)
            assert sorted(await states(infra)) == [DiscountUseState.COMMITTED, DiscountUseState.HELD]
        cancellations = (Cancellation(customer, order.id, None, f"cancel{n}") for n in range(3))
        await asyncio.gather(*(cancel_order(infra, wish) for wish in cancellations))
    assert await used(infra) == 1
    assert sorted(await states(infra)) == [DiscountUseState.HELD, DiscountUseState.RELEASED]
    assert (await stock_of(infra, variant.sku))["available"] == 9
    assert (await reconcile(infra)).differences == []


async def test_a_paid_use_is_committed(infra: Infra) -> None:
    await new_code(infra)
    await put(infra, customer := new_id(), await variant_in_stock(infra), 1)
    order = await buy(infra, customer)
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert [await pay(infra, order.id) for _ in range(2)] == [True, False]
    assert (await states(infra), await used(infra)) == ([DiscountUseState.COMMITTED], 1)


@ONE_MODE
async def test_what_is_not_valid_is_refused(infra: Infra) -> None:
    now, day = infra.now(), timedelta(days=1)
    await new_code(infra, "EARLY", starts_at=now + day)
    await new_code(infra, "LATE", ends_at=now - day)
    dollars = {"kind": DiscountKind.AMOUNT, "percent": None, "amount": Decimal(1), "currency": "USD"}
    await new_code(infra, "DOLLARS", **dollars)
    gone = await new_code(infra, "GONE")
    for _ in range(2):
        assert (await disable_code(infra, gone.id)).disabled_at is not None
    await put(infra, customer := new_id(), await variant_in_stock(infra), 1)
    for code in ("EARLY", "LATE", "DOLLARS", "GONE", "NEVER", "", "x" * 41, "ß", "a\0b", "\ud800"):
        with pytest.raises(InvalidInput) as refused:
            await buy(infra, customer, code)
        assert [problem.path for problem in refused.value.problems] == [("input", "discountCode")]
    assert await states(infra) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"code": "A"}, "code"),
        ({"code": "SPRING"}, "code"),
        ({"percent": None}, "percent"),
        ({"percent": Decimal(101)}, "percent"),
        ({"percent": Decimal("0.00001")}, "percent"),
        ({"percent": Decimal("NaN")}, "percent"),
        ({"amount": Decimal(1)}, "amount"),
        ({"kind": DiscountKind.AMOUNT, "percent": None, "amount": Decimal(1), "currency": "XXX"}, "currencyCode"),
        ({"kind": DiscountKind.AMOUNT, "percent": None, "amount": Decimal(0), "currency": "EUR"}, "amount"),
        ({"max_uses": 0}, "maxUses"),
        ({"max_uses_per_customer": 2**40}, "maxUsesPerCustomer"),
    ],
)
@ONE_MODE
async def test_codes_that_cannot_be_are_refused(infra: Infra, given: dict[str, Any], path: str) -> None:
    await new_code(infra)
    with pytest.raises(InvalidInput) as refused:
        await new_code(infra, **{"code": "OTHER", **given})
    assert [problem.path for problem in refused.value.problems] == [("input", path)]


@ONE_MODE
async def test_codes_are_listed(infra: Infra) -> None:
    async def listed(page: IdPage | None = None, **wanted: Any) -> list[str]:
        codes = CodeFilter(**wanted)
        rows = (await list_codes(infra, codes, page or IdPage(100))).rows
        assert page is not None or await count_codes(infra, codes) == len(rows)
        return [row.code for row in rows]

    ended, soon = infra.now() - timedelta(days=1), infra.now() + timedelta(days=1)
    await new_code(infra, "SPRING")
    await new_code(infra, "SPRING_OVER", ends_at=ended)
    await new_code(infra, "SPRINGS", starts_at=soon)
    once = await new_code(infra, "ONCE", max_uses=1)
    gone = await new_code(infra, "GONE")
    await disable_code(infra, gone.id)
    assert await listed() == ["GONE", "ONCE", "SPRINGS", "SPRING_OVER", "SPRING"]
    assert await listed(begins="spring_") == ["SPRING_OVER"]
    assert await listed(usable=True) == ["ONCE", "SPRING"]
    assert await listed(usable=False, begins="s") == ["SPRINGS", "SPRING_OVER"]
    assert await listed(IdPage(1, after=once.id)) == ["SPRINGS"]
    await put(infra, customer := new_id(), await variant_in_stock(infra), 1)
    await buy(infra, customer, "once")
    assert await listed(usable=True) == ["SPRING"]
    with pytest.raises(InvalidInput) as refused:
        await listed(begins="a" * 41)
    assert [problem.path for problem in refused.value.problems] == [("begins",)]
