"""The types of carts. Prices and stock are those of now."""

import asyncio
from datetime import datetime
from typing import Annotated

import strawberry

from models.cart_document import CartDoc, LineDoc
from resolvers.catalog.types import Variant
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import InvalidInput, NotFound, OutOfStock, TryAgain
from resolvers.shared.fields import field
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id
from services.cart.merge_carts import left_behind
from services.cart.views import CartNoteCode, CartView, LineView, view_of
from services.catalog.views import visible

_SENTENCES = {
    CartNoteCode.PRICE_CHANGED: "The price has changed since this was added.",
    CartNoteCode.NOT_ENOUGH_STOCK: "There are fewer than this left.",
    CartNoteCode.SOLD_OUT: "This is sold out at the moment.",
    CartNoteCode.GUEST_LINES_LEFT: "The cart is full: the other lines are still in the guest's cart.",
}


@strawberry.type(description="What has changed about a line since it was added, or is to be said of the cart.")
class CartNote:
    code: CartNoteCode = strawberry.field(description="What it is about, for programs.")
    message: str = strawberry.field(description="A sentence for people.")

    @classmethod
    def of(cls, code: CartNoteCode) -> "CartNote":
        return cls(code=code, message=_SENTENCES[code])


@strawberry.type(description="A line of the cart: units of one variant.")
class CartItem(Node):
    variant: Variant = strawberry.field(description="As it is now.")
    quantity: int = strawberry.field(description="Units that are wished for, at hand or not.")
    selected: bool = strawberry.field(description="Whether a checkout takes it.")
    unit_price: Money = strawberry.field(description="As it is now.")
    line_total: Money = strawberry.field(description="As it is now.")
    added_price: Money = strawberry.field(description="The unit's price when it was added.")
    added_at: datetime = strawberry.field(description="When it was put in.")
    available: int = strawberry.field(description="Units that can be ordered now.")
    notes: list[CartNote] = strawberry.field(description="What has changed since then; empty when nothing has.")

    @classmethod
    def of(cls, view: LineView, currency: str) -> "CartItem":
        line = view.line
        return cls(
            id=encode_id("CartItem", line.id),
            variant=Variant.of(view.variant),
            quantity=line.quantity,
            selected=line.selected,
            unit_price=Money.of(view.unit_price, currency),
            line_total=Money.of(view.total, currency),
            added_price=Money.of(line.price, currency),
            added_at=line.added_at,
            available=view.available,
            notes=[CartNote.of(code) for code in view.notes],
        )


@strawberry.type(
    description="A line of what is not sold any more, or not in the cart's currency. Its id is not the CartItem's "
    "that it was; mutations take both."
)
class UnavailableCartItem(Node):
    sku: str = strawberry.field(description="What was put in.")
    title: str = strawberry.field(description="As it was when it was added.")
    quantity: int = strawberry.field(description="Units that were wished for.")

    @classmethod
    def of(cls, line: LineDoc) -> "UnavailableCartItem":
        id_ = encode_id("UnavailableCartItem", line.id)
        return cls(id=id_, sku=line.sku, title=line.title, quantity=line.quantity)


@strawberry.type(description="Prices and stock of its lines are those of now; nothing is held by being in a cart.")
class Cart(Node):
    currency_code: str = strawberry.field(
        description="ISO 4217: of all prices in it; empty for a cart that never had a line."
    )
    created_at: datetime = strawberry.field(description="When its first line came in.")
    updated_at: datetime = strawberry.field(description="When a line was last changed.")
    expires_at: datetime | None = strawberry.field(
        description="When a guest's cart is forgotten if it is not changed; null for a customer's."
    )
    document: strawberry.Private[CartDoc]
    loading: strawberry.Private["asyncio.Task[CartView] | None"] = None

    @classmethod
    def of(cls, document: CartDoc) -> "Cart":
        return cls(
            id=encode_id("Cart", document.id),
            currency_code=document.currency or "",
            created_at=document.created_at,
            updated_at=document.updated_at,
            expires_at=document.expires_at,
            document=document,
        )

    @field(description="What can be ordered, in the order in which it was put in.")
    async def items(self, info: Info) -> list[CartItem]:
        view = await self.load_view(info.context)
        return [CartItem.of(line, self.currency_code) for line in view.lines]

    @field(description="What is not sold any more, or not in the cart's currency; no part of the totals.")
    async def unavailable_items(self, info: Info) -> list[UnavailableCartItem]:
        return [UnavailableCartItem.of(line) for line in (await self.load_view(info.context)).unavailable]

    @field(description="Of the whole cart: what of the guest's cart (X-Cart-Token) did not fit in at sign-in.")
    async def notes(self, info: Info) -> list[CartNote]:
        left = await left_behind(info.context.infra, self.document, info.context.cart_token)
        return [CartNote.of(CartNoteCode.GUEST_LINES_LEFT)] if left else []

    @field(description="Units of all lines, selected or not.")
    async def total_quantity(self, info: Info) -> int:
        return (await self.load_view(info.context)).quantity()

    @field(description="Of all lines, selected or not; before discounts, shipping and tax.")
    async def subtotal(self, info: Info) -> Money:
        return Money.of((await self.load_view(info.context)).subtotal(), self.currency_code)

    @field(description="Of the selected lines.")
    async def selected_quantity(self, info: Info) -> int:
        return (await self.load_view(info.context)).quantity(selected_only=True)

    @field(description="Of the selected lines.")
    async def selected_subtotal(self, info: Info) -> Money:
        return Money.of((await self.load_view(info.context)).subtotal(selected_only=True), self.currency_code)

    async def load_view(self, context: Context) -> CartView:
        """Loaded once for all fields. One that is cancelled, as its sibling failed, leaves it to the others."""
        if self.loading is None:
            self.loading = asyncio.ensure_future(_load_products_and_stock(context, self.document))
            self.loading.add_done_callback(_see_error)
        return await asyncio.shield(self.loading)


def _see_error(loading: "asyncio.Task[CartView]") -> None:
    """Whoever waited for it may be gone."""
    if not loading.cancelled():
        loading.exception()


async def _load_products_and_stock(context: Context, cart: CartDoc) -> CartView:
    loaders = context.loaders
    found = await loaders.variant_by_id.load_many(line.variant_id for line in cart.lines)
    # For everybody alike: staff who shop cannot order what is not published.
    variants = {variant.id: variant for variant in found if visible(None, variant) is not None and variant}
    stocks = await loaders.stock_by_sku.load_many(variant.sku for variant in variants.values())
    available = {stock.sku: stock.available for stock in stocks if stock is not None}
    return view_of(cart, variants, available)


@strawberry.type(
    description="A guest's cart is known by the token that the first addCartItem returned; send it as the "
    "X-Cart-Token header. login merges it into the customer's."
)
class CartPayload:
    cart: Cart = strawberry.field(description="As it is after the change.")
    cart_token: str | None = strawberry.field(
        description="Of a guest's cart that is new. It is told once, and kept nowhere but with you."
    )

    @classmethod
    def of(cls, document: CartDoc, token: str | None = None) -> "CartPayload":
        return cls(cart=Cart.of(document), cart_token=token)


CartResult = Annotated[
    CartPayload | OutOfStock | NotFound | InvalidInput | TryAgain, strawberry.union("CartResult")
]
