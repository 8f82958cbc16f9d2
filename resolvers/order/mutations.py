"""Place and cancel orders."""

import strawberry

from models.enums import Role, Scope
from resolvers.order.types import CancelOrderResult, Order, PlaceFlashOrderResult
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import FlashOrder, place_flash_order


@strawberry.input
class PlaceFlashOrderInput:
    item_id: strawberry.ID
    quantity: int
    idempotency_key: str = strawberry.field(
        description="1 to 128 printable characters, new for each order; the same for a retry."
    )
    address_id: strawberry.ID | None = None


@strawberry.input
class CancelOrderInput:
    order_id: strawberry.ID
    idempotency_key: str
    reason: str | None = None


@strawberry.type
class OrderMutation:
    @mutation(Role.CUSTOMER, description="Order units of a flash-sale item; the stock is held at once.")
    async def place_flash_order(self, info: Info, input: PlaceFlashOrderInput) -> PlaceFlashOrderResult:
        context = info.context
        wish = FlashOrder(
            customer_id=signed_in(info).user_id,
            item_id=input_id(input.item_id, "FlashSaleItem", "itemId"),
            quantity=input.quantity,
            idempotency_key=input.idempotency_key,
            address_id=None if input.address_id is None else input_id(input.address_id, "Address", "addressId"),
            traceparent=context.traceparent,
        )
        return Order.of(await place_flash_order(context.infra, wish))

    @mutation(
        Role.CUSTOMER,
        scope=Scope.ORDERS_WRITE,
        description="Cancel an order that is not paid; its stock is given back.",
    )
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> CancelOrderResult:
        viewer = signed_in(info)
        wish = Cancellation(
            customer_id=viewer.user_id,
            order_id=input_id(input.order_id, "Order", "orderId"),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            any_owner=viewer.may(Role.STAFF, Scope.ORDERS_WRITE),
        )
        return Order.of(await cancel_order(info.context.infra, wish))
