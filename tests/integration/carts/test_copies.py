"""A cart is in Redis and in the database: none of both is lost, and none is believed when it is old."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from infra.errors import StoreUnavailable
from infra.runtime import Infra, open_infra
from models import Cart, CartItem
from models.cart_document import CartDoc
from services.cart.flush_dirty import flush_dirty
from services.cart.keys import cart_key, dirty_key
from services.cart.rows import load_cart
from services.cart.rules import Owner
from services.cart.update_item import update_item
from settings import Settings
from tests.factories import variant_in_stock
from tests.integration.carts.filling import add, assert_written, live, lose_redis, quantities


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
