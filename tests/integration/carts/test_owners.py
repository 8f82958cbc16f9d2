"""A guest's cart, a customer's, and how one becomes the other."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from infra.runtime import Infra, open_infra
from models import CartItem, StockLevel, Variant
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.keys import cart_key
from services.cart.merge_carts import left_behind, merge_carts
from services.cart.rows import load_cart
from services.cart.rules import Owner
from services.cart.select_items import select_items
from services.cart.take_lines import take_lines
from services.cart.tidy_carts import erase_cart, forget_cart, tidy_carts
from services.cart.update_item import remove_item
from services.shared.errors import NotFound
from settings import Settings
from tests.factories import variant_in_stock
from tests.integration.carts.filling import add, assert_written, live, lose_redis, quantities


async def test_a_guests_cart_is_his_who_has_the_token(infra: Infra) -> None:
    shirt = await variant_in_stock(infra)
    added = await add_item(infra, None, Wish(shirt.id, 2))
    assert added.token is not None
    assert len(added.token) == 64
    guest = Owner.guest(added.token)
    assert guest is not None
    assert quantities(await live(infra, guest)) == {shirt.id: 2}
    assert added.cart.expires_at is not None
    assert timedelta(days=29) < added.cart.expires_at - infra.now() <= timedelta(days=30)
    again = await add_item(infra, guest, Wish(shirt.id, 1))
    assert (again.token, quantities(again.cart)) == (None, {shirt.id: 3})
    await assert_written(infra, guest)
    # Of the token only the hash is anywhere.
    dump = [await infra.redis.client.hgetall(cart_key(guest.cart_id))]
    assert added.token.encode() not in repr(dump).encode()

    forged = Owner.guest(added.token[:-4] + ("AAAA" if added.token[-4:] != "AAAA" else "BBBB"))
    assert forged is not None
    for lost in (False, True):
        if lost:
            await lose_redis(infra)
        assert await read_cart(infra, forged) is None
        assert await read_cart(infra, Owner.customer(guest.cart_id)) is None
        with pytest.raises(NotFound):
            await remove_item(infra, forged, again.cart.lines[0].id)
    other = await add_item(infra, forged, Wish(shirt.id, 1))
    assert other.token is not None
    assert other.cart.id != guest.cart_id
    assert quantities(await live(infra, guest)) == {shirt.id: 3}
    for nonsense in (None, "", "x", "é" * 64, "=" * 64, added.token + "A"):
        assert Owner.guest(nonsense) is None


async def bring(infra: Infra, *wishes: tuple[Variant, int]) -> str:
    """A guest's cart with these; its token."""
    token = None
    for variant, quantity in wishes:
        added = await add_item(infra, Owner.guest(token), Wish(variant.id, quantity))
        token = added.token or token
    assert token is not None
    return token


async def test_carts_are_merged(infra: Infra, ada: Owner) -> None:
    both, scarce, gone, new = [await variant_in_stock(infra, on_hand=count) for count in (100, 5, 3, 10)]
    await add(infra, ada, both, 40)
    await add(infra, ada, scarce, 4)
    token = await bring(infra, (both, 20), (scarce, 3), (gone, 3), (new, 2))
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).where(StockLevel.sku == gone.sku).values(available=0, on_hand=0))
    merged = await merge_carts(infra, ada.cart_id, token)
    # The limit of a line, the stock, what is sold out, and what only the guest had.
    assert quantities(merged) == {both.id: 50, scarce.id: 5, gone.id: 1, new.id: 2}
    guest = Owner.guest(token)
    assert guest is not None
    assert quantities(await live(infra, guest)) == {}
    again = await merge_carts(infra, ada.cart_id, token)
    assert quantities(again) == quantities(merged)
    await assert_written(infra, ada)
    await assert_written(infra, guest)
    assert quantities(await merge_carts(infra, ada.cart_id, None)) == quantities(merged)


async def test_what_does_not_fit_stays_in_the_guests_cart(infra: Infra, settings: Settings, ada: Owner) -> None:
    """A full cart twice, and one line more: nobody is kept from signing in."""
    shirts = [await variant_in_stock(infra) for _ in range(5)]
    small = replace(infra, settings=settings.model_copy(update={"cart_lines": 2}))
    for pair in (shirts[:2], shirts[2:4]):
        await merge_carts(small, ada.cart_id, await bring(small, *((shirt, 1) for shirt in pair)))
    token = await bring(small, (shirts[4], 1), (shirts[0], 2))
    merged = await merge_carts(small, ada.cart_id, token)
    assert quantities(merged) == {shirts[0].id: 3, **{shirt.id: 1 for shirt in shirts[1:4]}}
    guest = Owner.guest(token)
    assert guest is not None
    assert quantities(await live(infra, guest)) == {shirts[4].id: 1}
    assert merged is not None
    assert await left_behind(small, merged, token)
    await remove_item(small, ada, merged.lines[0].id)
    merged = await merge_carts(small, ada.cart_id, token)
    assert merged is not None
    assert shirts[4].id in quantities(merged)
    assert not await left_behind(small, merged, token)


async def test_a_line_is_selected_as_the_guest_left_it(infra: Infra, ada: Owner) -> None:
    wanted, unwanted, both = [await variant_in_stock(infra) for _ in range(3)]
    await add(infra, ada, both, 1)
    token = await bring(infra, (wanted, 1), (unwanted, 1), (both, 1))
    guest = Owner.guest(token)
    assert guest is not None
    lines = {line.variant_id: line.id for line in (await live(infra, guest)).lines}
    await select_items(infra, guest, [lines[unwanted.id], lines[both.id]], selected=False)
    merged = await merge_carts(infra, ada.cart_id, token)
    assert merged is not None
    assert {line.variant_id: line.selected for line in merged.lines} == {
        wanted.id: True,
        unwanted.id: False,
        both.id: False,
    }


async def test_a_merge_that_is_done_twice_at_once_adds_once(infra: Infra, ada: Owner, other: Infra) -> None:
    shirt = await variant_in_stock(infra)
    token = await bring(infra, (shirt, 2))
    await asyncio.gather(*(merge_carts(each, ada.cart_id, token) for each in (infra, other, infra, other)))
    assert quantities(await live(infra, ada)) == {shirt.id: 2}
    guest = Owner.guest(token)
    assert guest is not None
    assert quantities(await live(infra, guest)) == {}


async def test_an_order_takes_what_it_ordered_and_no_more(infra: Infra, ada: Owner) -> None:
    shirt, shoe = await variant_in_stock(infra), await variant_in_stock(infra)
    cart = await add(infra, ada, shirt, 2)
    cart = await add(infra, ada, shoe, 1)
    ordered = {line.id: line.quantity for line in cart.lines}
    await add(infra, ada, shirt, 1)
    for _ in range(2):
        await take_lines(infra, ada, ordered, "0123456789abcdef")
    assert quantities(await live(infra, ada)) == {shirt.id: 1}


async def test_abandoned_guests_carts_are_forgotten(infra: Infra, settings: Settings, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    token = await bring(infra, (shirt, 1))
    guest = Owner.guest(token)
    assert guest is not None
    assert await tidy_carts(infra) == 0
    later = infra.now() + timedelta(days=31, seconds=1)
    async with open_infra(settings, clock=lambda: later) as then:
        assert await read_cart(then, guest) is None
        added = await add_item(then, guest, Wish(shirt.id, 1))
        assert added.token is not None
        assert await tidy_carts(then) == 1
        assert await load_cart(then, guest.cart_id) is None
        assert quantities(await live(then, ada)) == {shirt.id: 1}
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count(CartItem.id))) == 2


async def test_the_cart_of_a_closed_account_is_erased(infra: Infra, ada: Owner) -> None:
    await add(infra, ada, await variant_in_stock(infra))
    async with infra.database.write() as session:
        await erase_cart(session, ada.cart_id)
    await forget_cart(infra, ada.cart_id)
    assert await read_cart(infra, ada) is None
    assert await load_cart(infra, ada.cart_id) is None
