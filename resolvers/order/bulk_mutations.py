"""Do to many orders at once what is done to one. For staff."""

from typing import Annotated

import strawberry

from models.enums import Role, Scope
from resolvers.order.mutations import CreateShipmentInput
from resolvers.order.types import Order
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.errors import Error, InvalidInput, to_error
from resolvers.shared.mutation import mutation
from services.order.create_shipments import MOST_SHIPMENTS, Wish, create_shipments
from services.shared.errors import InvalidInput as InvalidInputError
from services.shared.errors import ServiceError


@strawberry.input(description="Many parcels, each with a key of its own.")
class CreateShipmentsInput:
    shipments: list[CreateShipmentInput] = strawberry.field(description=f"1 to {MOST_SHIPMENTS}.")


@strawberry.type(description="What came of one parcel: either of the two is there.")
class ShipmentRow:
    index: int = strawberry.field(description="Its place in the input, from 0.")
    order: Order | None = strawberry.field(description="As it is now.")
    error: Error | None = strawberry.field(description="Why it was not shipped.")


@strawberry.type(description="What came of the parcels.")
class Shipments:
    shipped: int = strawberry.field(description="Parcels that are on their way.")
    rejected: int = strawberry.field(description="Parcels that are not.")
    rows: list[ShipmentRow] = strawberry.field(description="What came of each, in the order of the input.")


CreateShipmentsResult = Annotated[Shipments | InvalidInput, strawberry.union("CreateShipmentsResult")]


@strawberry.type
class BulkOrderMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_SHIP,
        description=f"Ship up to {MOST_SHIPMENTS} orders with tracking numbers; one at fault stops no other.",
    )
    async def create_shipments(self, info: Info, input: CreateShipmentsInput) -> CreateShipmentsResult:
        # More than these are refused whole.
        wishes = [_wish(info, row) for row in input.shipments[: MOST_SHIPMENTS + 1]]
        answers = await create_shipments(info.context.infra, wishes)
        info.context.loaders.forget_orders()
        rows = [
            ShipmentRow(index=index, order=None, error=to_error(answer))
            if isinstance(answer, ServiceError)
            else ShipmentRow(index=index, order=Order.of(answer), error=None)
            for index, answer in enumerate(answers)
        ]
        shipped = sum(row.order is not None for row in rows)
        return Shipments(shipped=shipped, rejected=len(rows) - shipped, rows=rows)


def _wish(info: Info, row: CreateShipmentInput) -> Wish:
    try:
        return row.to_service(), asked_by(info, row.idempotency_key)
    except InvalidInputError as error:
        return error
