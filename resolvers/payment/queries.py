"""Look at everyone's payments and at the books; for staff."""

from datetime import date
from typing import Annotated

import strawberry

from models.enums import PaymentStatus, Role, Scope
from resolvers.payment.types import DailyTotal, Payment, PaymentConnection, PaymentEdge, UnusedWebhook
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from services.payment.daily_totals import MOST_DAYS, daily_totals
from services.payment.list_payments import PaymentFilter as Wanted
from services.payment.list_payments import count_payments, list_payments
from services.payment.list_unused_webhooks import MOST, list_unused_webhooks
from services.shared.errors import InvalidInput

_SORT = "all-payments"


@strawberry.input(description="What all of the payments have that are shown.")
class PaymentFilter:
    status: list[PaymentStatus] | None = strawberry.field(default=None, description="One of these.")
    provider: str | None = strawberry.field(
        default=None, description="With this one only, by its name in the settings."
    )
    order_id: strawberry.ID | None = strawberry.field(default=None, description="Of this order only.")
    held: bool | None = strawberry.field(default=None, description="Money that is not what the order costs.")

    def to_service(self) -> Wanted:
        """Errors: BAD_USER_INPUT naming the field."""
        order = self.order_id
        return Wanted(
            statuses=None if self.status is None else tuple(self.status),
            provider=None if self.provider is None else self.provider[:32],
            order_id=None if order is None else argument_id(order, "Order", "filter.orderId"),
            held=self.held,
        )


@strawberry.type
class PaymentQuery:
    @restricted(Role.STAFF, scope=Scope.ORDERS_READ, description="Everyone's payments, the newest first.")
    @paged
    async def payments(
        self,
        info: Info,
        page: Page,
        filter: Annotated[
            PaymentFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
    ) -> PaymentConnection:
        infra = info.context.infra
        wanted = Wanted() if filter is None else filter.to_service()
        cut = await list_payments(infra, wanted, page.by_id(_SORT))
        return PaymentConnection.of(PaymentEdge, cut, _SORT, Payment.of, lambda: count_payments(infra, wanted))

    @restricted(
        Role.STAFF,
        scope=Scope.ORDERS_READ,
        description=f"What the books say of each day on which money moved; up to {MOST_DAYS} days.",
    )
    async def daily_totals(
        self,
        info: Info,
        first: Annotated[date, strawberry.argument(description="The first day, in UTC.")],
        last: Annotated[date, strawberry.argument(description="The last day, in UTC; it is in it.")],
    ) -> list[DailyTotal]:
        try:
            return [DailyTotal.of(totals) for totals in await daily_totals(info.context.infra, first, last)]
        except InvalidInput as error:
            raise bad_argument("last", error.problems[0].message) from None

    @restricted(
        Role.STAFF,
        scope=Scope.ORDERS_READ,
        description="Webhooks about no payment of ours, or of a kind that is not used; the newest first.",
    )
    async def unused_webhooks(
        self, info: Info, first: Annotated[int, strawberry.argument(description="How many; 1 to 100.")] = 20
    ) -> list[UnusedWebhook]:
        if not 1 <= first <= MOST:
            raise bad_argument("first", f"must be 1 to {MOST}")
        return [UnusedWebhook.of(event) for event in await list_unused_webhooks(info.context.infra, first)]
