"""Carts that changed are told of while an endpoint asks, each as it is then; so are those that were left."""

from datetime import timedelta

from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Cart
from services.cart.clear_cart import clear_cart
from services.cart.rules import Owner
from services.cart.tell_carts import tell_carts
from services.shared.client import NOWHERE
from services.shared.shop_events import CartAbandoned, CartUpdated, CustomerErased
from services.webhook.create_endpoint import create_endpoint
from services.webhook.rules import Asking, EndpointChange
from services.webhook.update_endpoint import update_endpoint
from tests.books import told_of
from tests.factories import variant_in_stock
from tests.integration.carts.filling import add

ADMIN = Asking(new_id(), NOWHERE)


async def later(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Cart).values(tell_at=infra.now()))


async def test_carts_are_told_of_while_an_endpoint_asks(infra: Infra, ada: Owner) -> None:
    variant = await variant_in_stock(infra)
    await add(infra, ada, variant)
    await later(infra)
    assert await tell_carts(infra) == 0  # nobody listens
    hook = await create_endpoint(infra, "https://a.example/", [CartUpdated.type, CartAbandoned.type], ADMIN)
    assert (await tell_carts(infra), await told_of(infra, "cart")) == (1, [])  # it was before anybody listened
    for _ in range(3):
        await add(infra, ada, variant)
    async with infra.database.read() as session:
        due = await session.scalar(select(Cart.tell_at))
        assert due is not None  # two seconds after the first of the changes: more may come
    await later(infra)
    assert (await tell_carts(infra), await tell_carts(infra)) == (1, 0)
    await an_hour_later(infra)
    assert (await tell_carts(infra), await tell_carts(infra)) == (1, 0)
    await clear_cart(infra, ada)
    await later(infra)
    assert (await tell_carts(infra), await tell_carts(infra)) == (1, 0)
    line = {"sku": variant.sku, "variantId": variant.id.hex, "quantity": 4, "price": 5000}
    found = await told_of(infra, "cart")
    assert [(kind, data["lines"]) for kind, data in found] == [
        ("updated", [line]),
        ("abandoned", [line]),
        ("updated", []),
    ]
    assert {data["customerId"] for _, data in found} == {ada.cart_id.hex}
    await update_endpoint(infra, hook.id, EndpointChange(types=[CustomerErased.type]), ADMIN)
    await add(infra, ada, variant)
    await later(infra)
    assert await tell_carts(infra) == 0


async def an_hour_later(infra: Infra) -> None:
    async with infra.database.read() as session:
        due = await session.scalar(select(Cart.tell_at))
    assert due is not None
    assert due > infra.now() + timedelta(minutes=50)
    await later(infra)
