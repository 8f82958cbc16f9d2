"""Carts are filled and looked at."""

from dataclasses import replace
from uuid import UUID

from infra.runtime import Infra
from models import Variant
from models.cart_document import CartDoc
from services.cart.add_item import Wish, add_item
from services.cart.change_cart import read_cart
from services.cart.keys import dirty_key
from services.cart.rows import load_cart
from services.cart.rules import Owner


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
