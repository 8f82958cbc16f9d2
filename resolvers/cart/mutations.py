"""Change one's cart: for customers, and for guests with the token of theirs."""

from contextlib import suppress
from uuid import UUID

import strawberry

from infra.ranked_turns import Rank
from models.enums import Role
from resolvers.cart.owner import owner_of
from resolvers.cart.types import CartPayload, CartResult
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import MalformedId, decode_id, input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import CART_LINE
from services.cart.add_item import Wish, add_item
from services.cart.clear_cart import clear_cart, no_cart
from services.cart.merge_carts import merge_carts
from services.cart.select_items import select_items
from services.cart.update_item import remove_item, update_item
from services.shared.errors import InvalidInput

_MOST_IDS = 500


@strawberry.input(description="Units of a variant for the cart.")
class AddCartItemInput:
    variant_id: strawberry.ID = strawberry.field(description="What to put in.")
    quantity: int = strawberry.field(description="Added to what the cart has of it.")
    currency_code: str | None = strawberry.field(
        default=None, description="For an empty cart: which prices it has. The variant's own when absent."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="Sent again with the same key soon after, nothing more is added."
    )


@strawberry.input(description="How many units a line is to have.")
class UpdateCartItemInput:
    item_id: strawberry.ID = strawberry.field(description=CART_LINE)
    quantity: int = strawberry.field(description="0 removes it.")


@strawberry.input(description="A line to take out.")
class RemoveCartItemInput:
    item_id: strawberry.ID = strawberry.field(description=CART_LINE)


@strawberry.input(description="Whether to take out all of it.")
class ClearCartInput:
    selected_only: bool = strawberry.field(default=False, description="Leave the lines that are not selected.")


@strawberry.input(description="Which lines a checkout is to take, or to leave.")
class SelectCartItemsInput:
    item_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="All when absent.")
    selected: bool = strawberry.field(description="Whether a checkout takes them.")


@strawberry.input(description="A guest's cart, to go into one's own.")
class MergeCartInput:
    cart_token: str = strawberry.field(description="What the guest's first addCartItem returned.")


@strawberry.type
class CartMutation:
    @mutation(
        description="Put a variant into the cart; a guest's first one comes with the cart's token.",
        rank=Rank.BEGIN,
    )
    async def add_cart_item(self, info: Info, input: AddCartItemInput) -> CartResult:
        variant_id = input_id(input.variant_id, "Variant", "variantId")
        wish = Wish(variant_id, input.quantity, input.currency_code, input.idempotency_key)
        added = await add_item(info.context.infra, owner_of(info.context), wish, info.context.groups)
        if added.token is not None:
            info.context.cart_token = added.token
        return CartPayload.of(added.cart, added.token)

    @mutation(description="Set how many units a line has.", rank=Rank.BEGIN)
    async def update_cart_item(self, info: Info, input: UpdateCartItemInput) -> CartResult:
        item_id = _item_id(input.item_id, "itemId")
        cart = await update_item(info.context.infra, owner_of(info.context), item_id, input.quantity)
        return CartPayload.of(cart)

    @mutation(description="Take a line out of the cart.")
    async def remove_cart_item(self, info: Info, input: RemoveCartItemInput) -> CartResult:
        item_id = _item_id(input.item_id, "itemId")
        return CartPayload.of(await remove_item(info.context.infra, owner_of(info.context), item_id))

    @mutation(description="Take everything out of the cart.")
    async def clear_cart(self, info: Info, input: ClearCartInput | None = None) -> CartResult:
        selected_only = input is not None and input.selected_only
        owner = owner_of(info.context)
        return CartPayload.of(await clear_cart(info.context.infra, owner, selected_only=selected_only))

    @mutation(description="Choose the lines that a checkout takes; new ones are selected.")
    async def select_cart_items(self, info: Info, input: SelectCartItemsInput) -> CartResult:
        ids = None if input.item_ids is None else _item_ids(input.item_ids)
        owner = owner_of(info.context)
        return CartPayload.of(await select_items(info.context.infra, owner, ids, selected=input.selected))

    @mutation(
        Role.GUEST,
        description="Bring a guest's cart into one's own. Signing in with the X-Cart-Token header does it too.",
    )
    async def merge_cart(self, info: Info, input: MergeCartInput) -> CartResult:
        cart = await merge_carts(info.context.infra, signed_in(info).user_id, input.cart_token)
        if cart is None:
            raise no_cart()
        info.context.cart_token = input.cart_token
        return CartPayload.of(cart)


def _item_ids(given: list[strawberry.ID]) -> list[UUID]:
    """Errors: InvalidInput."""
    if len(given) > _MOST_IDS:
        raise InvalidInput.at("itemIds", message=f"at most {_MOST_IDS}")
    return [_item_id(gid, "itemIds", str(place)) for place, gid in enumerate(given)]


def _item_id(gid: strawberry.ID, *path: str) -> UUID:
    """Returns the key of a line's id, whether it can be ordered at the moment or not. Errors: InvalidInput."""
    with suppress(MalformedId):
        return decode_id(gid, "UnavailableCartItem")
    return input_id(gid, "CartItem", *path)
