"""Whose cart a request is about."""

from collections.abc import Sequence
from uuid import UUID

from models.cart_document import CartDoc
from models.enums import Role
from resolvers.cart.types import Cart, CartItem, UnavailableCartItem
from resolvers.shared.context import Context
from resolvers.shared.node import pick_nodes, register_node
from services.cart.change_cart import read_cart
from services.cart.rules import Owner


def owner_of(context: Context) -> Owner | None:
    """Returns a customer's own cart; else, by X-Cart-Token, a guest's; None for a guest without one."""
    viewer = context.viewer
    if viewer is not None and viewer.has(Role.GUEST):
        return Owner.customer(viewer.user_id)
    return Owner.guest(context.cart_token)


async def cart_of(context: Context) -> CartDoc | None:
    owner = owner_of(context)
    return None if owner is None else await read_cart(context.infra, owner)


async def _load_carts(context: Context, ids: Sequence[UUID]) -> list[Cart | None]:
    """Load one's own cart, and no other."""
    mine = await cart_of(context)
    return [Cart.of(mine) if mine is not None and mine.id == cart_id else None for cart_id in ids]


async def _load_items(context: Context, ids: Sequence[UUID]) -> list[CartItem | None]:
    """Load those of one's own cart that can be ordered."""
    mine = await cart_of(context)
    if mine is None:
        return [None] * len(ids)
    cart = Cart.of(mine)
    found = {view.line.id: view for view in (await cart.load_view(context)).lines}
    return pick_nodes(ids, found, lambda view: CartItem.of(view, cart.currency_code))


async def _load_unavailable(context: Context, ids: Sequence[UUID]) -> list[UnavailableCartItem | None]:
    """Load those of one's own cart that cannot."""
    mine = await cart_of(context)
    if mine is None:
        return [None] * len(ids)
    found = {line.id: line for line in (await Cart.of(mine).load_view(context)).unavailable}
    return pick_nodes(ids, found, UnavailableCartItem.of)


register_node("Cart", _load_carts)
register_node("CartItem", _load_items)
register_node("UnavailableCartItem", _load_unavailable)
