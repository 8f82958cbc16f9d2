"""Carts: what each change does and refuses, and that no copy that is lost takes anything along."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from infra.settings import Settings
from models import Cart, CartItem, Product, ProductStatus, StockLevel, Variant
from models.cart_document import CartDoc
from services.cart import write_behind
from services.cart.add_item import Wish, add_item
from services.cart.clear_cart import clear_cart
from services.cart.flush_dirty import flush_dirty
from services.cart.keys import cart_key, dirty_key
from services.cart.live import Change, change_cart, read_cart
from services.cart.merge_carts import merge_carts
from services.cart.owner import Owner
from services.cart.rows import load_cart
from services.cart.select_items import select_items
from services.cart.take_lines import take_lines
from services.cart.tidy_carts import erase_cart, forget_cart, tidy_carts
from services.cart.update_item import remove_item, update_item
from services.errors import InvalidInput, NotFound, OutOfStock
from tests.factories import variant_in_stock
from tests.modes import Template, fresh_stores


@pytest.fixture
async def settings(template: Template, tmp_path: Path) -> AsyncIterator[Settings]:
    """On a machine that may be busy: slow is not the same as down."""
    async with fresh_stores(template, tmp_path) as fresh:
        yield fresh.model_copy(update={"store_timeout": 5.0, "cart_lines": 5, "cart_line_quantity": 50})


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_behind, "PATIENCE", 5.0)


@pytest.fixture
def ada() -> Owner:
    return Owner.customer(new_id())


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process, as far as stores can tell."""
    async with open_infra(settings) as opened:
        yield opened


async def add(infra: Infra, owner: Owner, variant: Variant, quantity: int = 1, key: str | None = None) -> CartDoc:
    return (await add_item(infra, owner, Wish(variant.id, quantity, key=key))).cart


def quantities(cart: CartDoc | None) -> dict[UUID, int]:
    return {} if cart is None else {line.variant_id: line.quantity for line in cart.lines}


async def live(infra: Infra, owner: Owner) -> CartDoc:
    cart = await read_cart(infra, owner)
    assert cart is not None
    return cart


async def assert_written(infra: Infra, owner: Owner) -> None:
    """The database has the cart as Redis has it, and nothing is left to be written."""
    cart, stored = await live(infra, owner), await load_cart(infra, owner.cart_id)
    assert stored is not None
    assert replace(stored, base=cart.base) == cart
    assert await infra.redis.client.zcard(dirty_key(owner.cart_id)) == 0


async def lose_redis(infra: Infra) -> None:
    keys = [key async for key in infra.redis.client.scan_iter("cart:*")]
    if keys:
        await infra.redis.client.delete(*keys)


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


async def test_a_cart_outlives_redis(infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    before = await add(infra, ada, shirt, 2)
    await lose_redis(infra)
    after = await live(infra, ada)
    assert replace(after, life=before.life, base=before.base) == before
    assert quantities(await add(infra, ada, shirt)) == {shirt.id: 3}
    await assert_written(infra, ada)


async def test_a_copy_from_before_a_restart_is_not_believed(infra: Infra, ada: Owner) -> None:
    """Redis comes back with what it had saved some changes ago."""
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    saved: dict[Any, Any] = await infra.redis.client.hgetall(cart_key(ada.cart_id))
    await add(infra, ada, shirt)
    await infra.redis.client.hset(cart_key(ada.cart_id), mapping={**saved, b"run": b"before"})
    assert quantities(await live(infra, ada)) == {shirt.id: 2}
    assert quantities(await add(infra, ada, shirt)) == {shirt.id: 3}
    await assert_written(infra, ada)


async def test_a_copy_that_is_ahead_of_the_database_is_kept_after_a_restart(infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    stored = await load_cart(infra, ada.cart_id)
    await add(infra, ada, shirt)
    await rewind(infra, stored)
    await infra.redis.client.hset(cart_key(ada.cart_id), "run", "before")
    assert quantities(await live(infra, ada)) == {shirt.id: 2}


async def rewind(infra: Infra, stored: CartDoc | None) -> None:
    """The database as if the last change had not been written, which Redis says."""
    assert stored is not None
    async with infra.database.write() as session:
        await session.execute(update(Cart).where(Cart.id == stored.id).values(version=stored.version))
        await session.execute(update(CartItem).values(quantity=stored.lines[0].quantity))
    await infra.redis.client.zadd(dirty_key(stored.id), {stored.id.hex: 1})


async def test_what_a_process_left_unwritten_the_worker_writes(infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    stored = await load_cart(infra, ada.cart_id)
    await add(infra, ada, shirt)
    await rewind(infra, stored)
    assert await flush_dirty(infra) == 1
    await assert_written(infra, ada)
    assert await flush_dirty(infra) == 0


async def test_a_copy_that_went_another_way_is_dropped_and_the_change_done_again(
    infra: Infra, ada: Owner, other: Infra
) -> None:
    """Redis lost the cart while somebody was about to bring an old state of it back."""
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    old: dict[Any, Any] = await infra.redis.client.hgetall(cart_key(ada.cart_id))
    await lose_redis(infra)
    await add(other, ada, shirt)  # a new life, written
    await infra.redis.client.delete(cart_key(ada.cart_id))
    await infra.redis.client.hset(cart_key(ada.cart_id), mapping={**old, b"life": b"0" * 16, b"base": b"1"})
    assert quantities(await add(infra, ada, shirt)) == {shirt.id: 3}
    await assert_written(infra, ada)


async def test_carts_are_read_without_redis_but_not_changed(settings: Settings, infra: Infra, ada: Owner) -> None:
    shirt = await variant_in_stock(infra)
    cart = await add(infra, ada, shirt, 2)
    nowhere = settings.with_redis("redis://127.0.0.1:1/0")
    async with open_infra(nowhere) as away:
        found = await live(away, ada)
        assert replace(found, base=0) == replace(cart, base=0)
        with pytest.raises(StoreUnavailable):
            await update_item(away, ada, cart.lines[0].id, 1)
    assert await live(infra, ada) == cart


async def test_without_the_database_a_change_is_kept_in_redis_and_written_later(
    settings: Settings, infra: Infra, ada: Owner
) -> None:
    shirt = await variant_in_stock(infra)
    await add(infra, ada, shirt)
    nowhere = SecretStr("sqlite+aiosqlite:////nowhere/at/all.db")
    async with open_infra(settings.model_copy(update={"database_url": nowhere})) as away:
        assert quantities(await add(away, ada, shirt)) == {shirt.id: 2}
    stored = await load_cart(infra, ada.cart_id)
    assert quantities(stored) == {shirt.id: 1}
    assert await flush_dirty(infra, grace_ms=-1) == 1
    await assert_written(infra, ada)


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
    change = Change("add", (line.id.hex, 2, 50, 0, line.details()), "EUR")
    for _ in range(2):
        after = await change_cart(infra, ada, change)
    assert [each.quantity for each in after.lines] == [3]
