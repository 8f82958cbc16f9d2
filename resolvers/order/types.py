"""The types of orders."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import Payment as PaymentRow
from models import Shipment as ShipmentRow
from models.documents import VariantDoc
from models.enums import MetadataOwner, OrderStatus, Role, Scope
from models.metadata_document import Meta
from models.order_document import EventView, LineView, OrderView
from resolvers.catalog.types import Variant, show_variant
from resolvers.metadata.types import HasMetadata
from resolvers.order.charges_types import OrderCharges
from resolvers.payment.types import Payment
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    AdmissionRequired,
    EmailNotConfirmed,
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
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_actor, encode_id, pick_nodes, register_node
from resolvers.shared.permissions import check, check_edge
from resolvers.user.address_types import ORDER_ADDRESS, Address
from resolvers.user.types import User
from services.order.find_orders import find_orders
from services.order.find_shipments import shipments_by_id
from services.order.order_ids_of_lines import order_ids_of_lines
from services.shared.actors import OrderActor, role_of


@strawberry.type(description="Units of one SKU in an order, at the price of then.")
class OrderLine(Node):
    sku: str = strawberry.field(description="What is sent, as it was named when it was ordered.")
    title: str = strawberry.field(description="What it was called when it was ordered.")
    quantity: int = strawberry.field(description="Units that were ordered.")
    unit_price: Money = strawberry.field(description="Of one unit, when it was ordered.")
    line_total: Money = strawberry.field(description="`unitPrice` times `quantity`.")
    shipped_quantity: int = strawberry.field(description="Units that are in shipments.")
    cancelled_quantity: int = strawberry.field(description="Units that will not be sent.")
    refunded_quantity: int = strawberry.field(
        description="Units that were sent, and of which the money was given back by refundOrderLines."
    )
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
            shipped_quantity=line.shipped,
            cancelled_quantity=line.cancelled,
            refunded_quantity=line.returned,
            variant_id=line.variant_id,
        )

    @field(description="The variant as it is now; null when it is sold no more.")
    @loaded(lambda loaders: loaders.variant_by_id, lambda self: self.variant_id)
    def variant(self, info: Info, document: VariantDoc | None) -> Variant | None:
        return show_variant(info.context, document)


@strawberry.type(description="A change of an order's state, or a note in that state.")
class OrderEvent:
    at: datetime = strawberry.field(description="When it happened.")
    status: OrderStatus = strawberry.field(description="The state that the order was in from then on.")
    note: str | None = strawberry.field(description="Why, or what is to be said of it.")
    actor_role: OrderActor = strawberry.field(description="Who did it.")
    actor: str | None = strawberry.field(description="For staff only: a user's id, or a name such as sweep.")
    internal: bool = strawberry.field(description="A note that the customer does not see.")
    total_before: Money | None = strawberry.field(
        description="Of a change of what was ordered: what was to be paid before; null: it is none."
    )
    total_after: Money | None = strawberry.field(description="What was to be paid after it; null: as totalBefore.")

    @classmethod
    def of(cls, event: EventView, order: OrderView, *, for_staff: bool) -> "OrderEvent":
        totals = (event.total_before, event.total_after)
        before, after = (None if total is None else Money.of(total, order.currency) for total in totals)
        return cls(
            total_before=before,
            total_after=after,
            at=event.at,
            status=event.status,
            note=event.note,
            actor_role=role_of(event.actor, order.customer_id),
            actor=encode_actor(event.actor) if for_staff else None,
            internal=event.internal,
        )


@strawberry.type(description="Units of one line of an order in a parcel.")
class ShipmentLine:
    line: OrderLine = strawberry.field(description="The order's line that the units are of.")
    quantity: int = strawberry.field(description="Units that are in this parcel.")


@strawberry.type(description="A parcel of an order.")
class Shipment(Node):
    carrier: str = strawberry.field(description="Who brings it.")
    tracking_number: str | None = strawberry.field(
        description="The carrier's number to ask about it; null: it has none."
    )
    shipped_at: datetime = strawberry.field(description="When staff told that it had left.")
    lines: list[ShipmentLine] = strawberry.field(description="What is in it.")

    @classmethod
    def of(cls, row: ShipmentRow, order: OrderView) -> "Shipment":
        units = {line.line_id: line.quantity for line in row.lines}
        return cls(
            id=encode_id("Shipment", row.id),
            carrier=row.carrier,
            tracking_number=row.tracking_number,
            shipped_at=row.at,
            lines=[
                ShipmentLine(line=OrderLine.of(line, order.currency), quantity=units[line.id])
                for line in order.lines
                if line.id in units
            ],
        )


@strawberry.type(description="What a customer has bought, at the prices of then.")
class Order(Node, HasMetadata):
    number: str = strawberry.field(description="What people read out on the phone.")
    status: OrderStatus = strawberry.field(description="How far it has come; `history` tells the way.")
    placed_at: datetime = strawberry.field(description="When it was accepted: from then on its stock is held.")
    expires_at: datetime | None = strawberry.field(description="When the order is cancelled if it is not paid.")
    version: int = strawberry.field(description="Counts what staff change of it before it is paid.")
    view: strawberry.Private[OrderView]

    @classmethod
    def of(cls, view: OrderView) -> "Order":
        return cls(
            id=encode_id("Order", view.id),
            number=view.number,
            status=view.status,
            placed_at=view.placed_at,
            expires_at=view.expires_at,
            version=view.version,
            view=view,
        )

    def meta_of(self) -> tuple[MetadataOwner, Meta]:
        return MetadataOwner.ORDER, self.view.meta

    @field(description="What was ordered, a line a SKU.")
    def lines(self) -> list[OrderLine]:
        return [OrderLine.of(line, self.view.currency) for line in self.view.lines]

    @field(description="What is to be paid, or was.")
    def total(self) -> Money:
        return Money.of(self.view.total, self.view.currency)

    @field(description="What the total is made of; null for a flash order that has its lines alone.")
    def charges(self) -> OrderCharges | None:
        charges = self.view.charges
        return None if charges is None else OrderCharges.of(charges, self.view.currency)

    @field(description="As it was when the order was placed; null when none was given.")
    def shipping_address(self) -> Address | None:
        return _address_of(self.view)

    @field(description="Its changes of state and notes, the oldest first.")
    def history(self, info: Info) -> list[OrderEvent]:
        viewer = info.context.viewer
        for_staff = viewer is not None and viewer.may(Role.STAFF, Scope.ORDERS_READ)
        shown = (event for event in self.view.history if for_staff or not event.internal)
        return [OrderEvent.of(event, self.view, for_staff=for_staff) for event in shown]

    @field(description="Words that staff find it by, sorted; for staff, and machines that may read orders.")
    async def tags(self, info: Info) -> list[str]:
        check(info, [Role.STAFF], Scope.ORDERS_READ)
        return list(await info.context.loaders.tags_by_order.load(self.view.id))

    @field(description="The oldest first.")
    @loaded(lambda loaders: loaders.shipments_by_order, lambda self: self.view.id)
    def shipments(self, info: Info, rows: Sequence[ShipmentRow]) -> list[Shipment]:
        return [Shipment.of(row, self.view) for row in rows]

    @field(description="The oldest first.")
    @loaded(lambda loaders: loaders.payments_by_order, lambda self: self.view.id)
    def payments(self, info: Info, rows: Sequence[PaymentRow]) -> list[Payment]:
        return [Payment.of(row) for row in rows]

    @field(description="For the customer, staff, and machines that may read users.")
    async def customer(self, info: Info) -> User:
        check_edge(info, self.view.customer_id, Role.STAFF, Scope.USERS_READ)
        row = await info.context.loaders.user_by_id.load(self.view.customer_id)
        if row is None:
            raise LookupError(f"order {self.view.id} without its customer")
        return User.of(row)


PlaceFlashOrderResult = Annotated[
    Order
    | OutOfStock
    | FlashSaleNotRunning
    | PurchaseLimitReached
    | AdmissionRequired
    | EmailNotConfirmed
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
CreateShipmentResult = Annotated[
    Order | NotFound | InvalidTransition | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CreateShipmentResult"),
]
CompleteOrderResult = Annotated[
    Order | NotFound | InvalidTransition | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CompleteOrderResult"),
]
AddOrderNoteResult = Annotated[
    Order | NotFound | IdempotencyConflict | TryAgain | InvalidInput, strawberry.union("AddOrderNoteResult")
]

TagOrderResult = Annotated[Order | NotFound | TryAgain | InvalidInput, strawberry.union("TagOrderResult")]


def _address_of(view: OrderView) -> Address | None:
    return None if view.shipping_address is None else Address.of_order(view.id, view.shipping_address)


async def load_orders(context: Context, ids: Sequence[UUID]) -> list[Order | None]:
    """Load one's own orders; staff see everyone's, once persisted."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    found = await find_orders(context.infra, ids, viewer.user_id)
    missing = [order_id for order_id in ids if order_id not in found]
    if missing and viewer.may(Role.STAFF, Scope.ORDERS_READ):
        found |= await find_orders(context.infra, missing, None)
    return [Order.of(found[order_id]) if order_id in found else None for order_id in ids]


register_node("Order", load_orders)


async def _load_views(context: Context, order_ids: Collection[UUID]) -> dict[UUID, OrderView]:
    """Load the orders that the viewer may see."""
    wanted = list(order_ids)
    return {order.view.id: order.view for order in await load_orders(context, wanted) if order is not None}


async def _load_lines(context: Context, ids: Sequence[UUID]) -> list[OrderLine | None]:
    """Load those of orders that the viewer may see."""
    if context.viewer is None:
        return [None] * len(ids)
    orders = await order_ids_of_lines(context.infra, ids, context.viewer.user_id)
    views = await _load_views(context, set(orders.values()))
    found = {line.id: (line, view.currency) for view in views.values() for line in view.lines}
    return pick_nodes(ids, found, lambda pair: OrderLine.of(*pair))


async def _load_shipments(context: Context, ids: Sequence[UUID]) -> list[Shipment | None]:
    """Load those of orders that the viewer may see."""
    rows = await shipments_by_id(context.infra, ids) if context.viewer is not None else {}
    views = await _load_views(context, {row.order_id for row in rows.values()})
    seen = {id_: row for id_, row in rows.items() if row.order_id in views}
    return pick_nodes(ids, seen, lambda row: Shipment.of(row, views[row.order_id]))


async def _load_order_addresses(context: Context, ids: Sequence[UUID]) -> list[Address | None]:
    """Load the addresses of orders that the viewer may see, as they were then."""
    views = await _load_views(context, ids)
    return pick_nodes(ids, {id_: view for id_, view in views.items() if view.shipping_address}, _address_of)


register_node("OrderLine", _load_lines)
register_node("Shipment", _load_shipments)
register_node(ORDER_ADDRESS, _load_order_addresses)
