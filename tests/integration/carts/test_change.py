"""Carts are changed, within their limits."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import update

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, ProductStatus, Variant
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import Change, added_line, change_cart, read_cart
from services.cart.clear_cart import clear_cart
from services.cart.rules import Owner
from services.cart.select_items import select_items
from services.cart.update_item import remove_item, update_item
from services.shared.errors import InvalidInput, NotFound, OutOfStock
from tests.factories import variant_in_stock
from tests.integration.carts.filling import add, assert_written, live, quantities
from tests.modes import ONE_MODE


async def test_a_customers_cart(infra: Infra, ada: Owner) -> None:
    assert await read_cart(infra, ada) is None
    shirt, shoe = await variant_in_stock(infra), await variant_in_stock(infra, price=700)
    cart = await add(infra, ada, shirt, 2)
    assert (cart.id, cart.token_hash, cart.currency, cart.version) == (ada.cart_id, None, "EUR", 1)
    assert cart.expires_at is None
    await add(infra, ada, shoe)
    cart = await add(infra, ada, shirt, 3)
    assert [(line.variant_id, line.quantity, line.price) for line in cart.lines] == [
        (shirt.id, 5, 5000),
        (shoe.id, 1, 700),
    ]
    await assert_written(infra, ada)
    [shirt_line] = [line.id for line in cart.lines if line.variant_id == shirt.id]
    assert quantities(await update_item(infra, ada, shirt_line, 1)) == {shirt.id: 1, shoe.id: 1}
    cart = await select_items(infra, ada, [shirt_line], selected=False)
    assert {line.variant_id: line.selected for line in cart.lines} == {shirt.id: False, shoe.id: True}
    await assert_written(infra, ada)
    assert quantities(await clear_cart(infra, ada, selected_only=True)) == {shirt.id: 1}
    assert quantities(await remove_item(infra, ada, shirt_line)) == {}
    with pytest.raises(NotFound):
        await remove_item(infra, ada, shirt_line)
    await add(infra, ada, shoe)
    assert quantities(await clear_cart(infra, ada)) == {}
    await assert_written(infra, ada)


@ONE_MODE
async def test_what_is_refused_changes_nothing(infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra, on_hand=10)
    cart = await add(infra, ada, shirt, 8)
    line = cart.lines[0].id
    with pytest.raises(OutOfStock) as out:
        await add(infra, ada, shirt, 3)
    assert (out.value.sku, out.value.available) == (shirt.sku, 10)
    with pytest.raises(OutOfStock):
        await update_item(infra, ada, line, 11)
    for quantity in (0, -1, 51, 2**31 - 1):
        with pytest.raises(InvalidInput) as bad:
            await add(infra, ada, shirt, quantity)
        assert bad.value.problems[0].path == ("input", "quantity")
    for quantity in (-1, 51):
        with pytest.raises(InvalidInput):
            await update_item(infra, ada, line, quantity)
    with pytest.raises(NotFound):
        await add_item(infra, ada, Wish(new_id(), 1))
    with pytest.raises(InvalidInput) as bad:
        await add_item(infra, ada, Wish(shirt.id, 1, currency="USD"))
    assert bad.value.problems[0].path == ("input", "variantId")
    for others in (uuid4(), new_id()):
        with pytest.raises(NotFound):
            await update_item(infra, ada, others, 1)
        with pytest.raises(NotFound):
            await select_items(infra, ada, [line, others], selected=False)
    assert await live(infra, ada) == cart
    await assert_written(infra, ada)


async def test_a_cart_has_only_so_many_lines_and_a_line_so_many_units(infra: Infra, ada: Owner) -> None:
    variants = [await variant_in_stock(infra, on_hand=100) for _ in range(6)]
    for variant in variants[:5]:
        await add(infra, ada, variant)
    with pytest.raises(InvalidInput, match="5 lines"):
        await add(infra, ada, variants[5])
    await add(infra, ada, variants[0], 49)
    with pytest.raises(InvalidInput, match="at most 50"):
        await add(infra, ada, variants[0])
    assert sum(quantities(await live(infra, ada)).values()) == 54


@ONE_MODE
async def test_only_published_variants_are_taken(infra: Infra, ada: Owner) -> None:
    draft, archived = await variant_in_stock(infra), await variant_in_stock(infra)
    async with infra.database.write() as session:
        is_draft, is_archived = Product.id == draft.product_id, Variant.id == archived.id
        await session.execute(update(Product).where(is_draft).values(status=ProductStatus.DRAFT))
        await session.execute(update(Variant).where(is_archived).values(archived_at=infra.now()))
    for variant in (draft, archived):
        with pytest.raises(NotFound):
            await add(infra, ada, variant)
    assert await read_cart(infra, ada) is None


async def test_a_repeated_request_adds_once(infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    for _ in range(3):
        cart = await add(infra, ada, shirt, 2, key="again")
    assert (quantities(cart), cart.version) == ({shirt.id: 2}, 1)
    assert quantities(await add(infra, ada, shirt, 2, key="another")) == {shirt.id: 4}


async def test_many_changes_at_once_are_all_there(infra: Infra, other: Infra, ada: Owner) -> None:
    variants = [await variant_in_stock(infra, on_hand=100) for _ in range(4)]
    await asyncio.gather(
        *(add(each, ada, variant) for each in (infra, other) for variant in variants for _ in range(10))
    )
    assert quantities(await live(infra, ada)) == {variant.id: 20 for variant in variants}
    await assert_written(infra, ada)
    owners = [Owner.customer(new_id()) for _ in range(30)]
    await asyncio.gather(*(add(infra, owner, variants[0]) for owner in owners))
    for owner in owners:
        await assert_written(infra, owner)


async def test_an_operation_that_redis_got_twice_is_done_once(infra: Infra, ada: Owner) -> None:
    """The client sends again what it got no reply to."""
    cart = await add(infra, ada, await variant_in_stock(infra))
    line = cart.lines[0]
    change = Change("add", added_line(replace(line, quantity=2), 50), "EUR")
    for _ in range(2):
        after = await change_cart(infra, ada, change)
    assert [each.quantity for each in after.lines] == [3]
