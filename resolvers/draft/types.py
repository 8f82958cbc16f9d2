"""The types of drafts of orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.draft_document import DraftLine
from models.enums import Role, Scope
from resolvers.order.charges_types import OrderCharges
from resolvers.order.types import Order, load_orders
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    OutOfStock,
    StaleVersion,
    TryAgain,
)
from resolvers.shared.fields import field
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.permissions import check_edge
from resolvers.shared.relay import Counted, Edge, count_of
from resolvers.user.address_types import Address
from resolvers.user.types import User
from services.draft.place_draft import PlacedDraft
from services.draft.rows import find_drafts
from services.draft.views import DraftView


@strawberry.type(description="Units of a variant that a draft is to have.")
class DraftOrderLine:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    sku: str = strawberry.field(description="What is to be sent.")
    title: str = strawberry.field(description="What it is called.")
    quantity: int = strawberry.field(description="Units of it.")
    unit_price: Money = strawberry.field(description="What is asked for one.")
    list_price: Money | None = strawberry.field(
        description="What the shop asked for one when the draft was priced; null: it has no price in the currency."
    )
    reason: str | None = strawberry.field(description="Why staff ask another price; null: they do not.")

    @classmethod
    def of(cls, line: DraftLine, currency: str) -> "DraftOrderLine":
        return cls(
            variant_id=encode_id("Variant", line.variant_id),
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=Money.of(line.unit_price, currency),
            list_price=None if line.list_price is None else Money.of(line.list_price, currency),
            reason=line.reason,
        )


@strawberry.type(description="What an order is to be. It holds nothing; its prices stand. For staff.")
class DraftOrder(Node):
    version: int = strawberry.field(description="Counts its changes.")
    updated_at: datetime = strawberry.field(description="When it was changed last.")
    note: str | None = strawberry.field(description="What the order's history is to say of it.")
    view: strawberry.Private[DraftView]

    @classmethod
    def of(cls, view: DraftView) -> "DraftOrder":
        return cls(
            id=encode_id("DraftOrder", view.id),
            version=view.version,
            updated_at=view.updated_at,
            note=view.document.note,
            view=view,
        )

    @field(description="What is to be ordered.")
    def lines(self) -> list[DraftOrderLine]:
        return [DraftOrderLine.of(line, self.view.currency) for line in self.view.document.lines]

    @field(description="What the order will come to.")
    def total(self) -> Money:
        return Money.of(self.view.total, self.view.currency)

    @field(description="What the total is made of.")
    def charges(self) -> OrderCharges:
        return OrderCharges.of(self.view.document.charges, self.view.currency)

    @field(description="Where it is to go; null when none was given.")
    def shipping_address(self) -> Address | None:
        address = self.view.document.address
        return None if address is None else Address.of_order(self.view.id, address)

    @field(
        description="Whom it is for: a guest, where only an e-mail address was given. For staff, and "
        "machines that may read users."
    )
    async def customer(self, info: Info) -> User:
        check_edge(info, self.view.customer_id, Role.STAFF, Scope.USERS_READ)
        row = await info.context.loaders.user_by_id.load(self.view.customer_id)
        if row is None:
            raise LookupError(f"draft {self.view.id} without its customer")
        return User.of(row)

    @field(description="The order that was made of it; null: none yet.")
    async def order(self, info: Info) -> Order | None:
        if self.view.order_id is None:
            return None
        [found] = await load_orders(info.context, [self.view.order_id])
        return found


@strawberry.type(description="The order of a draft, and the link to pay it.")
class PlaceDraftOrderSuccess:
    order: Order = strawberry.field(description="It waits for its payment; of 0 it is paid.")
    payment_link: str = strawberry.field(
        description="Secret: whoever has it may see the order and pay it, without a session. See orderByLink and "
        "payOrderByLink."
    )
    link_expires_at: datetime = strawberry.field(description="Until when the link is valid.")

    @classmethod
    def of(cls, placed: PlacedDraft) -> "PlaceDraftOrderSuccess":
        link = placed.link
        return cls(order=Order.of(placed.order), payment_link=link.url, link_expires_at=link.expires_at)


@strawberry.type(description="The id of a draft that is gone: no Node, as there is none any more.")
class DeletedDraftOrder:
    id: strawberry.ID = strawberry.field(description="Of the draft that was.")


@strawberry.type
class DraftOrderEdge(Edge[DraftOrder]): ...


@strawberry.type
class DraftOrderConnection(Counted[DraftOrderEdge]):
    total_count = count_of("drafts")


CreateDraftOrderResult = Annotated[
    DraftOrder | NotFound | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CreateDraftOrderResult"),
]
ChangeDraftOrderResult = Annotated[
    DraftOrder | NotFound | StaleVersion | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("ChangeDraftOrderResult"),
]
PlaceDraftOrderResult = Annotated[
    PlaceDraftOrderSuccess | NotFound | StaleVersion | OutOfStock | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("PlaceDraftOrderResult"),
]
DeleteDraftOrderResult = Annotated[
    DeletedDraftOrder
    | NotFound
    | StaleVersion
    | InvalidTransition
    | IdempotencyConflict
    | TryAgain
    | InvalidInput,
    strawberry.union("DeleteDraftOrderResult"),
]


async def load_drafts(context: Context, ids: Sequence[UUID]) -> list[DraftOrder | None]:
    """Load drafts, for staff."""
    if context.viewer is None or not context.viewer.may(Role.STAFF, Scope.ORDERS_READ):
        return [None] * len(ids)
    return pick_nodes(ids, await find_drafts(context.infra, ids), DraftOrder.of)


register_node("DraftOrder", load_drafts)
