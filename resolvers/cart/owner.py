"""Whose cart a request is about."""

from uuid import UUID

from models.cart_document import CartDoc
from models.enums import Role
from resolvers.cart.types import Cart
from resolvers.shared.context import Context
from resolvers.shared.node import register_node
from services.cart.change_cart import read_cart
from services.cart.rules import Owner


def owner_of(context: Context) -> Owner | None:
    """Returns a customer's own cart; else, by X-Cart-Token, a guest's; None for a guest without one."""
    viewer = context.viewer
    if viewer is not None and viewer.has(Role.CUSTOMER):
        return Owner.customer(viewer.user_id)
    return Owner.guest(context.cart_token)


async def cart_of(context: Context) -> CartDoc | None:
    owner = owner_of(context)
    return None if owner is None else await read_cart(context.infra, owner)


async def _load_carts(context: Context, ids: "list[UUID]") -> list[Cart | None]:
    """Load one's own cart, and no other."""
    mine = await cart_of(context)
    return [Cart.of(mine) if mine is not None and mine.id == cart_id else None for cart_id in ids]


register_node("Cart", _load_carts)  # type: ignore[arg-type]
