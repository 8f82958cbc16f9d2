"""Staff change an order that is not paid."""

from typing import Annotated

import strawberry

from models.enums import Role, Scope
from resolvers.order.line_mutations import OrderLineUnitsInput
from resolvers.order.types import Order
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutOfStock,
    StaleVersion,
    TryAgain,
)
from resolvers.shared.money import Money
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.words import IDEMPOTENCY_KEY, ORDER_ID
from resolvers.user.address_types import OrderAddressInput, draft_of
from services.order.change_order import ChangedOrder, change_order
from services.order.lines_asked import MAX_LINES
from services.order.work_out_change import OrderChange


@strawberry.input(description="Units of a variant that an order is to have more.")
class AddOrderLineInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant; at its price of now.")
    quantity: int = strawberry.field(description="Units of it.")


@strawberry.input(description="What an order is to be that is not paid yet; what is left out stays as it is.")
class ChangeOrderInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    version: int = strawberry.field(description="Of the order as it was read; see Order.version.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    lines: list[OrderLineUnitsInput] | None = strawberry.field(
        default=None,
        description="How many units of these lines there are to be: 0 takes one off. Of a line of a flash sale "
        "fewer, but one.",
    )
    add: list[AddOrderLineInput] | None = strawberry.field(default=None, description="Lines that it has not yet.")
    address: OrderAddressInput | None = strawberry.field(default=None, description="Where it is to go.")
    shipping_method: str | None = strawberry.field(
        default=None,
        description="The code of a way to ship there. Left out: as it was, or the first one to another address.",
    )
    reason: str | None = strawberry.field(default=None, description="Why, for its history.")

    def to_service(self) -> OrderChange:
        lines, add = (self.lines or [])[: MAX_LINES + 1], (self.add or [])[: MAX_LINES + 1]
        return OrderChange(
            order_id=input_id(self.order_id, "Order", "orderId"),
            version=self.version,
            units=tuple(
                (input_id(line.line_id, "OrderLine", "lines", str(i), "lineId"), line.quantity)
                for i, line in enumerate(lines)
            ),
            added=tuple(
                (input_id(line.variant_id, "Variant", "add", str(i), "variantId"), line.quantity)
                for i, line in enumerate(add)
            ),
            address=None if self.address is None else draft_of(self.address),
            shipping_method=self.shipping_method,
            reason=self.reason,
        )


@strawberry.type(description="An order that was changed, and the difference.")
class OrderChangeSuccess:
    order: Order = strawberry.field(description="As it is now.")
    total_before: Money = strawberry.field(description="What was to be paid before the change.")
    total: Money = strawberry.field(description="What was to be paid after it.")
    difference: Money = strawberry.field(description="What is to be paid more; below zero what is less.")

    @classmethod
    def of(cls, changed: ChangedOrder) -> "OrderChangeSuccess":
        currency = changed.order.currency
        return cls(
            order=Order.of(changed.order),
            total_before=Money.of(changed.total_before, currency),
            total=Money.of(changed.total_after, currency),
            difference=Money.of(changed.total_after - changed.total_before, currency),
        )


ChangeOrderResult = Annotated[
    OrderChangeSuccess
    | NotFound
    | InvalidTransition
    | StaleVersion
    | OutOfStock
    | IdempotencyConflict
    | TryAgain
    | InvalidInput,
    strawberry.union("ChangeOrderResult"),
]


@strawberry.type
class OrderChangeMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Change the lines, the address or the shipping of an order that is not paid yet. What is "
        "begun to pay the old total is given up, and there is time again to pay the new one. Of two who change "
        "one version one wins.",
    )
    async def change_order(self, info: Info, input: ChangeOrderInput) -> ChangeOrderResult:
        asked = asked_by(info, input.idempotency_key)
        changed = await change_order(info.context.infra, input.to_service(), asked)
        info.context.loaders.forget_orders()
        return OrderChangeSuccess.of(changed)
