"""The types of payments."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from models import InboxEvent
from models import Payment as PaymentRow
from models import Refund as RefundRow
from models.enums import InboxState, PaymentProblem, PaymentStatus, RefundState, Role, Scope
from models.order_document import OrderView
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    PaymentDeclined,
    TryAgain,
)
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Counted, Edge, count_of
from services.payment.daily_totals import DailyTotal as Totals
from services.payment.find_payments import find_payments, find_refunds

if TYPE_CHECKING:
    from resolvers.order.types import Order


@strawberry.type(description="Money that is given back, or was.")
class Refund(Node):
    amount: Money = strawberry.field(description="What is given back.")
    state: RefundState = strawberry.field(description="Whether the provider has done it.")
    reason: str = strawberry.field(description="Why, in the words of whoever asked.")
    created_at: datetime = strawberry.field(description="When it was asked for.")

    @classmethod
    def of(cls, row: RefundRow, currency: str) -> "Refund":
        return cls(
            id=encode_id("Refund", row.id),
            amount=Money.of(row.amount, currency),
            state=RefundState(row.state),
            reason=row.reason,
            created_at=row.created_at,
        )


@strawberry.type(description="An attempt to pay an order with a provider.")
class Payment(Node):
    provider: str = strawberry.field(description="Its name in the settings, such as stripe.")
    status: PaymentStatus = strawberry.field(description="How far it has come.")
    redirect_url: str | None = strawberry.field(
        description="Where the customer approves the payment, if the provider has such a page."
    )
    created_at: datetime = strawberry.field(description="When it was begun.")
    problem: PaymentProblem | None = strawberry.field(
        description="The money is not what the order costs: it is held until staff give it back."
    )
    row: strawberry.Private[PaymentRow]

    @classmethod
    def of(cls, row: PaymentRow) -> "Payment":
        return cls(
            id=encode_id("Payment", row.id),
            provider=row.provider,
            status=PaymentStatus(row.status),
            redirect_url=row.redirect_url,
            created_at=row.created_at,
            problem=None if row.problem is None else PaymentProblem(row.problem),
            row=row,
        )

    @field(description="What was asked for; of money that has come, what that was.")
    def amount(self) -> Money:
        return Money.of(self.row.amount, self.row.currency)

    @field(description="What has come.")
    def captured(self) -> Money:
        return Money.of(self.row.captured, self.row.currency)

    @field(description="What was given back of it.")
    def refunded(self) -> Money:
        return Money.of(self.row.refunded, self.row.currency)

    @field(description="The oldest first.")
    @loaded(lambda loaders: loaders.refunds_by_payment, lambda self: self.row.id)
    def refunds(self, info: Info, rows: Sequence[RefundRow]) -> list[Refund]:
        return [Refund.of(row, self.row.currency) for row in rows]

    @field(description="What the provider kept; for staff only.")
    def fees(self, info: Info) -> Money | None:
        return Money.of(self.row.fees, self.row.currency) if _for_staff(info) else None

    @field(description="The provider's own id; for staff only.")
    def reference(self, info: Info) -> str | None:
        return self.row.reference if _for_staff(info) else None

    @field(description="What it pays.")
    @loaded(lambda loaders: loaders.order_by_id, lambda self: self.row.order_id)
    def order(
        self, info: Info, view: OrderView | None
    ) -> Annotated["Order", strawberry.lazy("resolvers.order.types")]:
        from resolvers.order.types import Order

        if view is None:
            raise LookupError(f"payment {self.row.id} without its order")
        return Order.of(view)


def _for_staff(info: Info) -> bool:
    viewer = info.context.viewer
    return viewer is not None and viewer.may(Role.STAFF, Scope.ORDERS_READ)


@strawberry.type
class PaymentEdge(Edge[Payment]): ...


@strawberry.type
class PaymentConnection(Counted[PaymentEdge]):
    total_count = count_of("payments")


@strawberry.type(description="What was taken, given back and kept as fees on a day (UTC).")
class DailyTotal:
    day: date = strawberry.field(description="From midnight to midnight, UTC.")
    provider: str = strawberry.field(description="Its name in the settings, such as stripe.")
    captured: Money = strawberry.field(description="What was taken.")
    refunded: Money = strawberry.field(description="What was given back.")
    fees: Money = strawberry.field(description="What the provider kept.")

    @classmethod
    def of(cls, totals: Totals) -> "DailyTotal":
        captured, refunded, fees = (
            Money.of(amount, totals.currency) for amount in (totals.captured, totals.refunded, totals.fees)
        )
        return cls(day=totals.day, provider=totals.provider, captured=captured, refunded=refunded, fees=fees)


@strawberry.type(description="What a provider told that could not be used.")
class UnusedWebhook:
    provider: str = strawberry.field(description="Its name in the settings, such as stripe.")
    event_id: str = strawberry.field(description="The provider's own id of the event.")
    kind: str = strawberry.field(description="What the provider calls the event.")
    state: InboxState = strawberry.field(description="Why it was not used.")
    received_at: datetime = strawberry.field(description="When it came.")
    body: JSON | None = strawberry.field(description="As it came; null: it was not kept.")

    @classmethod
    def of(cls, event: InboxEvent) -> "UnusedWebhook":
        return cls(
            provider=event.provider,
            event_id=event.event_id,
            kind=event.kind,
            state=InboxState(event.state),
            received_at=event.received_at,
            body=None if event.body is None else JSON(event.body),
        )


CreatePaymentResult = Annotated[
    Payment | NotFound | InvalidTransition | PaymentDeclined | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CreatePaymentResult"),
]
CapturePaymentResult = Annotated[
    Payment | NotFound | InvalidTransition | PaymentDeclined | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CapturePaymentResult"),
]
RefundPaymentResult = Annotated[
    Payment | NotFound | InvalidInput | InvalidTransition | IdempotencyConflict | TryAgain,
    strawberry.union("RefundPaymentResult"),
]


async def load_payments(context: Context, ids: Sequence[UUID]) -> list[Payment | None]:
    """Load one's own payments; staff see everyone's."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    owner = None if viewer.may(Role.STAFF, Scope.ORDERS_READ) else viewer.user_id
    found = await find_payments(context.infra, ids, owner)
    return [Payment.of(found[id_]) if id_ in found else None for id_ in ids]


register_node("Payment", load_payments)


async def _load_refunds(context: Context, ids: Sequence[UUID]) -> list[Refund | None]:
    """Load those of payments that the viewer may see."""
    rows = await find_refunds(context.infra, ids) if context.viewer is not None else {}
    payments = await load_payments(context, list({row.payment_id for row in rows.values()}))
    currencies = {payment.row.id: payment.row.currency for payment in payments if payment is not None}
    seen = {id_: row for id_, row in rows.items() if row.payment_id in currencies}
    return pick_nodes(ids, seen, lambda row: Refund.of(row, currencies[row.payment_id]))


register_node("Refund", _load_refunds)
