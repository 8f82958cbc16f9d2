"""Take orders back by line."""

from typing import Annotated

import strawberry

from models.enums import Role, Scope
from models.order_document import OrderView
from resolvers.order.types import Order
from resolvers.shared.context import Info
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, InvalidTransition, NotFound, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import IDEMPOTENCY_KEY, ORDER_ID
from services.order.cancel_order_lines import cancel_order_lines
from services.order.lines_asked import MAX_LINES, LinesAsked
from services.payment.refund_order_lines import refund_order_lines


@strawberry.input(description="Units of one line of an order.")
class OrderLineUnitsInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it.")


@strawberry.input(description="Units of an order that are not to be sent.")
class CancelOrderLinesInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    lines: list[OrderLineUnitsInput] = strawberry.field(description="What is not to be sent.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    reason: str | None = strawberry.field(default=None, description="Why, for its history.")


@strawberry.input(description="Units of an order of which the money is given back.")
class RefundOrderLinesInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    lines: list[OrderLineUnitsInput] = strawberry.field(description="What came back, or was no good.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    reason: str | None = strawberry.field(default=None, description="Why, for its history and the provider.")


CancelOrderLinesResult = Annotated[
    Order | NotFound | InvalidTransition | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CancelOrderLinesResult"),
]
RefundOrderLinesResult = Annotated[
    Order | NotFound | InvalidTransition | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("RefundOrderLinesResult"),
]


@strawberry.type
class OrderLineMutation:
    @mutation(
        Role.GUEST,
        scope=Scope.ORDERS_WRITE,
        description="Cancel units of a paid order that are not shipped: their stock goes back, and what was paid "
        "for them with their part of discount, shipping and tax. The others are sent; with none left the order is "
        "CANCELLED, or SHIPPED when some were sent.",
    )
    async def cancel_order_lines(self, info: Info, input: CancelOrderLinesInput) -> CancelOrderLinesResult:
        any_owner = signed_in(info).may(Role.STAFF, Scope.ORDERS_WRITE)
        return _changed(
            info, await cancel_order_lines(info.context.infra, _asked(info, input, any_owner=any_owner))
        )

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Give back what was paid for units that were sent, with their part of discount, shipping and "
        "tax; once for each unit. What was not sent is cancelled by cancelOrderLines.",
    )
    async def refund_order_lines(self, info: Info, input: RefundOrderLinesInput) -> RefundOrderLinesResult:
        return _changed(info, await refund_order_lines(info.context.infra, _asked(info, input, any_owner=True)))


def _asked(info: Info, input: CancelOrderLinesInput | RefundOrderLinesInput, *, any_owner: bool) -> LinesAsked:
    viewer = signed_in(info)
    some = input.lines[: MAX_LINES + 1]  # no order has so many; the service says so
    lines = tuple(
        (input_id(line.line_id, "OrderLine", "lines", str(i), "lineId"), line.quantity)
        for i, line in enumerate(some)
    )
    return LinesAsked(
        order_id=input_id(input.order_id, "Order", "orderId"),
        lines=lines,
        reason=input.reason,
        by=viewer.user_id,
        key=input.idempotency_key,
        actor=viewer.actor,
        owner=None if any_owner else viewer.user_id,
    )


def _changed(info: Info, view: OrderView) -> Order:
    info.context.loaders.forget_orders()
    return Order.of(view)
