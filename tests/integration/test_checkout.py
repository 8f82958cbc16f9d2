"""Checkout: one order of one cart, for what was selected, once; and what becomes of its stock."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Address, Order, OrderStatus, Role, Saga, User, Variant
from models.charges_document import Charges, RateTax
from models.order_document import OrderView
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.rules import Owner
from services.cart.select_items import select_items
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.checkout.list_offers import list_offers
from services.order import expire_due_orders as expiry
from services.order.cancel_order import Cancellation, cancel_order
from services.order.expire_due_orders import expire_due_orders
from services.reconcile.reconcile import reconcile
from services.shared.errors import CartEmpty, IdempotencyConflict, InvalidInput, NotFound, OutOfStock, TryAgain
from settings import Settings
from tests.factories import make_due, stock_of, variant_in_stock


async def put(infra: Infra, customer: UUID, variant: Variant, quantity: int) -> None:
    await add_item(infra, Owner.customer(customer), Wish(variant.id, quantity))


async def in_cart(infra: Infra, customer: UUID) -> dict[str, int]:
    cart = await read_cart(infra, Owner.customer(customer))
    return {} if cart is None else {line.sku: line.quantity for line in cart.lines}


async def count_orders(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Order)) or 0


async def held(infra: Infra, sku: str) -> tuple[int, int]:
    levels = await stock_of(infra, sku)
    return levels["available"], levels["held"]


async def test_selected_lines_become_an_order(infra: Infra) -> None:
    customer = new_id()
    shirt = await variant_in_stock(infra, price=1999)
    shoe = await variant_in_stock(infra, price=5000)
    later = await variant_in_stock(infra)
    for variant, quantity in ((shoe, 1), (shirt, 3), (later, 2)):
        await put(infra, customer, variant, quantity)
    cart = await read_cart(infra, owner := Owner.customer(customer))
    assert cart is not None
    [unwanted] = [line.id for line in cart.lines if line.sku == later.sku]
    await select_items(infra, owner, [unwanted], selected=False)
    order = await checkout(infra, Checkout(customer, "key"))
    assert {line.sku: (line.quantity, line.unit_price) for line in order.lines} == {
        shoe.sku: (1, 5000),
        shirt.sku: (3, 1999),
    }
    assert (order.status, order.total, order.currency) == (OrderStatus.AWAITING_PAYMENT, 5000 + 3 * 1999, "EUR")
    assert order.expires_at is not None
    assert order.charges is not None
    assert order.charges.total == order.charges.subtotal == order.total
    assert await in_cart(infra, customer) == {later.sku: 2}
    assert [await held(infra, v.sku) for v in (shirt, shoe, later)] == [(7, 3), (9, 1), (10, 0)]
    assert (await reconcile(infra)).differences == []


async def test_the_same_key_gives_the_same_order(infra: Infra) -> None:
    customer, variant = new_id(), await variant_in_stock(infra)
    await put(infra, customer, variant, 2)
    wish = Checkout(customer, "key")
    first = await checkout(infra, wish)
    await put(infra, customer, variant, 1)
    assert await checkout(infra, wish) == first
    assert await in_cart(infra, customer) == {variant.sku: 1}
    with pytest.raises(IdempotencyConflict):
        await checkout(infra, Checkout(customer, "key", Terms(address_id=new_id())))
    second = await checkout(infra, Checkout(customer, "other"))
    assert second.id != first.id
    assert await held(infra, variant.sku) == (7, 3)


async def test_two_devices_make_one_order(infra: Infra) -> None:
    """Each with a key of its own, and each tries again until it is told something for good."""
    for _ in range(3):
        customer, variant = new_id(), await variant_in_stock(infra)
        await put(infra, customer, variant, 2)
        before = await count_orders(infra)
        results = await asyncio.gather(*(device(infra, Checkout(customer, f"key{n}")) for n in range(6)))
        assert [isinstance(result, OrderView) for result in results].count(True) == 1
        assert await count_orders(infra) == before + 1
        assert await held(infra, variant.sku) == (8, 2)
        assert await in_cart(infra, customer) == {}


async def device(infra: Infra, wish: Checkout) -> OrderView | None:
    while True:
        try:
            return await checkout(infra, wish)
        except TryAgain:
            await asyncio.sleep(0.02)
        except CartEmpty:
            return None


async def test_one_key_sent_often_at_once_gives_one_order(infra: Infra) -> None:
    customer, variant = new_id(), await variant_in_stock(infra)
    await put(infra, customer, variant, 2)
    results = await asyncio.gather(*(device(infra, Checkout(customer, "key")) for _ in range(5)))
    assert len({result.id for result in results if result}) == 1
    assert None not in results
    assert await held(infra, variant.sku) == (8, 2)


async def test_what_cannot_be_ordered_changes_nothing(infra: Infra) -> None:
    customer, other = new_id(), new_id()
    variant, rare = await variant_in_stock(infra), await variant_in_stock(infra, on_hand=3)
    with pytest.raises(CartEmpty):
        await checkout(infra, Checkout(customer, "key"))
    for who in (customer, other):
        await put(infra, who, variant, 1)
        await put(infra, who, rare, 2)
    await checkout(infra, Checkout(other, "key"))
    with pytest.raises(OutOfStock) as short:
        await checkout(infra, Checkout(customer, "key"))
    assert (short.value.sku, short.value.available) == (rare.sku, 1)
    with pytest.raises(NotFound):
        await checkout(infra, Checkout(customer, "key", Terms(address_id=new_id())))
    with pytest.raises(InvalidInput):
        await checkout(infra, Checkout(customer, " "))
    assert await in_cart(infra, customer) == {variant.sku: 1, rare.sku: 2}
    assert [await held(infra, v.sku) for v in (variant, rare)] == [(9, 1), (1, 2)]
    assert await count_orders(infra) == 1


async def test_the_last_units_go_to_one_of_many(infra: Infra) -> None:
    variant, buyers = await variant_in_stock(infra, on_hand=4), [new_id() for _ in range(6)]
    for buyer in buyers:
        await put(infra, buyer, variant, 2)
    wishes = (checkout(infra, Checkout(buyer, "key")) for buyer in buyers)
    results = await asyncio.gather(*wishes, return_exceptions=True)
    assert sum(isinstance(result, OrderView) for result in results) == 2
    assert sum(isinstance(result, OutOfStock) for result in results) == 4
    assert await held(infra, variant.sku) == (0, 4)
    assert (await reconcile(infra)).differences == []


@pytest.mark.parametrize("how", ["expired", "cancelled"])
async def test_units_go_back_once(infra: Infra, how: str) -> None:
    customer, variant = new_id(), await variant_in_stock(infra)
    await put(infra, customer, variant, 3)
    order = await checkout(infra, Checkout(customer, "key"))
    if how == "expired":
        await make_due(infra, order.id)
        await asyncio.gather(*(expire_due_orders(infra) for _ in range(3)))
    else:
        wish = Cancellation(customer, order.id, None, "cancel")
        await asyncio.gather(*(cancel_order(infra, wish) for _ in range(3)))
    assert await held(infra, variant.sku) == (10, 0)
    again = await checkout(infra, Checkout(customer, "key"))
    assert again.status == (OrderStatus.EXPIRED if how == "expired" else OrderStatus.CANCELLED)
    assert (await reconcile(infra)).differences == []


async def test_nothing_personal_stays_in_the_saga(infra: Infra) -> None:
    customer, variant = new_id(), await variant_in_stock(infra)
    await put(infra, customer, variant, 1)
    order = await checkout(infra, Checkout(customer, "key"))
    async with infra.database.read() as session:
        assert (await session.get_one(Saga, order.id)).data == {}


@pytest.fixture
def configured(infra: Infra) -> Infra:
    """With two ways to ship and taxes of two countries."""
    methods = {
        "letter": {"name": "Letter", "by_weight": [{"up_to_grams": 500, "prices": {"EUR": 250}}]},
        "parcel": {"name": "Parcel", "prices": {"EUR": 490}, "countries": ["DE"]},
    }
    taxes = {"DE": {"percent": "19", "inclusive": True}, "*": {"percent": "8.875"}}
    made = Settings(shipping_methods=json.dumps(methods), taxes=json.dumps(taxes))
    update = {"shipping_methods": made.shop.shipping_methods, "taxes": made.shop.taxes}
    return replace(infra, settings=infra.settings.model_copy(update=update))


async def address_in(infra: Infra, customer: UUID, country: str) -> UUID:
    async with infra.database.write() as session:
        session.add(
            user := User(
                id=customer,
                email=f"{customer}@example.org",
                display_name="Ada",
                password_hash="",
                created_at=infra.now(),
            )
        )
        user.roles = [Role.CUSTOMER]
        await session.flush()
        where = Address(
            id=new_id(), user_id=customer, recipient="Ada", phone="+49 30 7777777", line1="Way 1", city="Berlin"
        )
        where.country_code, where.postal_code = country, "10115"
        where.is_default, where.created_at = True, infra.now()
        session.add(where)
    return where.id


async def test_shipping_and_taxes_are_in_the_total(configured: Infra) -> None:
    infra, customer = configured, new_id()
    variant = await variant_in_stock(infra, price=1999)
    await put(infra, customer, variant, 3)
    home = await address_in(infra, customer, "DE")
    with pytest.raises(InvalidInput) as unknown:
        await checkout(infra, Checkout(customer, "key", Terms(home, "drone")))
    assert [problem.path for problem in unknown.value.problems] == [("input", "shippingMethod")]
    order = await checkout(infra, Checkout(customer, "key", Terms(home, "parcel")))
    # 19 % that are in 59.97 and in 4.90.
    assert order.charges == Charges(
        5997, 0, 490, 0, 958 + 78, True, "parcel", taxes=(RateTax(190_000, 5451, 1036),)
    )
    assert order.total == 5997 + 490
    await put(infra, customer, variant, 1)
    abroad = await checkout(infra, Checkout(customer, "other"))
    # 8.875 % of 22.49 on top: 1.996.
    assert abroad.charges == Charges(1999, 0, 250, 0, 200, False, "letter", taxes=(RateTax(88_750, 2249, 200),))
    assert abroad.total == 1999 + 250 + 200


async def test_what_is_too_heavy_for_all_is_not_ordered(configured: Infra) -> None:
    infra, customer = configured, new_id()
    variant = await variant_in_stock(infra)
    async with infra.database.write() as session:
        await session.execute(update(Variant).where(Variant.id == variant.id).values(weight_grams=501))
    await put(infra, customer, variant, 1)
    with pytest.raises(InvalidInput) as refused:
        await checkout(infra, Checkout(customer, "key"))
    assert [problem.path for problem in refused.value.problems] == [("input", "addressId")]
    assert await list_offers(infra, customer, None) == ("EUR", [])
    assert (await held(infra, variant.sku), await count_orders(infra)) == ((10, 0), 0)


async def test_more_than_one_batch_expires_in_one_sweep(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    variant, buyers = await variant_in_stock(infra), [new_id() for _ in range(5)]
    for buyer in buyers:
        await put(infra, buyer, variant, 1)
        await checkout(infra, Checkout(buyer, "key"))
    async with infra.database.write() as session:
        await session.execute(update(Order).values(expires_at=infra.now()))
    assert await expire_due_orders(infra) == 5
    assert await held(infra, variant.sku) == (10, 0)
