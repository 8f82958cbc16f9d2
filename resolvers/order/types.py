"""The types of orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.charges_document import Charges
from models.enums import OrderStatus, Role, Scope
from models.order_document import LineView, OrderView
from resolvers.catalog.types import Variant, load_variant
from resolvers.shared.connection import PageInfo
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    FlashSaleNotRunning,
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutOfStock,
    PurchaseLimitReached,
    TryAgain,
)
from resolvers.shared.fields import field
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.user.address_types import Address
from resolvers.user.types import User
from services.order.find_orders import find_orders
from services.order.list_orders import count_orders


@strawberry.type
class OrderLine:
    id: strawberry.ID
    sku: str
    title: str
    quantity: int
    unit_price: Money
    line_total: Money
    variant_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, line: LineView, currency: str) -> "OrderLine":
        return cls(
            id=encode_id("OrderLine", line.id),
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=Money.of(line.unit_price, currency),
            line_total=Money.of(line.unit_price * line.quantity, currency),
            variant_id=line.variant_id,
        )

    @field(description="The variant as it is now; null when it is sold no more.")
    async def variant(self, info: Info) -> Variant | None:
        return await load_variant(info.context, self.variant_id)


@strawberry.type(
    description="subtotal - discount + shipping - shippingDiscount, + tax unless it is included: total."
)
class OrderCharges:
    subtotal: Money = strawberry.field(description="What the lines cost.")
    discount: Money = strawberry.field(description="Off the lines.")
    shipping: Money
    shipping_discount: Money
    tax: Money
    tax_included: bool = strawberry.field(description="The prices have the tax in them.")
    shipping_method: str | None
    discount_code: str | None

    @classmethod
    def of(cls, charges: Charges, currency: str) -> "OrderCharges":
        return cls(
            subtotal=Money.of(charges.subtotal, currency),
            discount=Money.of(charges.discount, currency),
            shipping=Money.of(charges.shipping, currency),
            shipping_discount=Money.of(charges.shipping_discount, currency),
            tax=Money.of(charges.tax, currency),
            tax_included=charges.tax_inclusive,
            shipping_method=charges.shipping_method,
            discount_code=charges.discount_code,
        )


@strawberry.type
class OrderEvent:
    at: datetime
    status: OrderStatus
    note: str | None


@strawberry.type
class Order(Node):
    number: str = strawberry.field(description="What people read out on the phone.")
    status: OrderStatus
    placed_at: datetime
    expires_at: datetime | None = strawberry.field(description="When the order is cancelled if it is not paid.")
    view: strawberry.Private[OrderView]

    @classmethod
    def of(cls, view: OrderView) -> "Order":
        return cls(
            id=encode_id("Order", view.id),
            number=view.number,
            status=view.status,
            placed_at=view.placed_at,
            expires_at=view.expires_at,
            view=view,
        )

    @field()
    def lines(self) -> list[OrderLine]:
        return [OrderLine.of(line, self.view.currency) for line in self.view.lines]

    @field()
    def total(self) -> Money:
        return Money.of(self.view.total, self.view.currency)

    @field(description="What the total is made of; null for a flash order, that has its lines alone.")
    def charges(self) -> OrderCharges | None:
        charges = self.view.charges
        return None if charges is None else OrderCharges.of(charges, self.view.currency)

    @field(description="As it was when the order was placed; null when none was given.")
    def shipping_address(self) -> Address | None:
        address = self.view.shipping_address
        return None if address is None else Address.of(address)

    @field()
    def history(self) -> list[OrderEvent]:
        return [OrderEvent(at=event.at, status=event.status, note=event.note) for event in self.view.history]

    @field()
    async def customer(self, info: Info) -> User:
        row = await info.context.loaders.user_by_id.load(self.view.customer_id)
        if row is None:
            raise LookupError(f"order {self.view.id} without its customer")
        return User.of(row)


@strawberry.type
class OrderEdge:
    cursor: str
    node: Order


@strawberry.type
class OrderConnection:
    edges: list[OrderEdge]
    page_info: PageInfo
    customer_id: strawberry.Private[UUID]
    statuses: strawberry.Private[tuple[OrderStatus, ...] | None]

    @field(description="All orders that match, on whatever page; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        return await count_orders(info.context.infra, self.customer_id, self.statuses)


PlaceFlashOrderResult = Annotated[
    Order
    | OutOfStock
    | FlashSaleNotRunning
    | PurchaseLimitReached
    | NotFound
    | IdempotencyConflict
    | TryAgain
    | InvalidInput,
    strawberry.union("PlaceFlashOrderResult"),
]
CancelOrderResult = Annotated[
    Order | NotFound | InvalidTransition | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CancelOrderResult"),
]


async def load_orders(context: Context, ids: Sequence[UUID]) -> list[Order | None]:
    """One's own; staff see everyone's, once persisted."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    found = await find_orders(context.infra, ids, viewer.user_id)
    missing = [order_id for order_id in ids if order_id not in found]
    if missing and viewer.may(Role.STAFF, Scope.ORDERS_READ):
        found |= await find_orders(context.infra, missing, None)
    return [Order.of(found[order_id]) if order_id in found else None for order_id in ids]


register_node("Order", load_orders)
