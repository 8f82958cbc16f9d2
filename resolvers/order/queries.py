"""Look at orders: one's own; staff at everyone's."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from models.enums import MetadataOwner, OrderStatus, Role, Scope
from resolvers.metadata.types import MetadataFilter
from resolvers.order.connection import OrderConnection, OrderEdge
from resolvers.order.types import Order, load_orders
from resolvers.shared.context import Info
from resolvers.shared.errors import to_request_error
from resolvers.shared.failures import bad_argument
from resolvers.shared.fields import field
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from services.metadata.views import find_wanted
from services.money.amounts import MoneyError, is_currency, to_minor
from services.order.find_by_link import find_by_link
from services.order.order_filter import OrderFilter as Wanted
from services.order.order_filter import Totals
from services.order.search_orders import FEW, count_found, search_orders
from services.shared.errors import ServiceError
from services.shared.tags import normal_tag
from services.shared.texts import line_problem
from services.user.rules import InvalidEmail, normalise_email

_SORT = "all-orders"
_MAX_TEXT = 64


@strawberry.input(description="Which totals of orders; with one bound alone, without end to the other side.")
class OrderTotalFilter:
    currency_code: str = strawberry.field(description="ISO 4217: of the orders.")
    least: Decimal | None = strawberry.field(default=None, description="This amount or more.")
    most: Decimal | None = strawberry.field(default=None, description="This amount or less.")

    def to_service(self) -> Totals:
        """Errors: BAD_USER_INPUT naming the field."""
        if not is_currency(self.currency_code):
            raise bad_argument("filter.total.currencyCode", "is not an ISO 4217 currency code")
        most = None if self.most is None else self._minor("most", self.most)
        return Totals(self.currency_code, 0 if self.least is None else self._minor("least", self.least), most)

    def _minor(self, name: str, amount: Decimal) -> int:
        try:
            return to_minor(amount, self.currency_code)
        except MoneyError as error:
            raise bad_argument(f"filter.total.{name}", str(error)) from None


@strawberry.input(description="What all of the orders have that are shown.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(default=None, description="One of these.")
    customer_id: strawberry.ID | None = strawberry.field(default=None, description="Of this customer only.")
    number: str | None = strawberry.field(default=None, description="The whole number; case does not count.")
    sku: str | None = strawberry.field(default=None, description="A line is of this SKU.")
    placed_from: datetime | None = strawberry.field(default=None, description="At this moment or later.")
    placed_before: datetime | None = strawberry.field(default=None, description="Before this moment.")
    email: str | None = strawberry.field(default=None, description="Of the account that has this address now.")
    tag: str | None = strawberry.field(default=None, description="With this tag, in capitals or not.")
    total: OrderTotalFilter | None = strawberry.field(default=None, description="Of such an amount.")
    metadata: list[MetadataFilter] | None = strawberry.field(
        default=None, description="Each of these values, 5 at most."
    )

    def to_service(self) -> Wanted:
        """Errors: BAD_USER_INPUT naming the field."""
        customer = self.customer_id
        return Wanted(
            statuses=None if self.status is None else tuple(self.status),
            customer_id=None if customer is None else argument_id(customer, "User", "filter.customerId"),
            number=_text("filter.number", self.number),
            sku=_text("filter.sku", self.sku),
            placed_from=self.placed_from,
            placed_before=self.placed_before,
            email=None if self.email is None else _email(self.email),
            tag=None if self.tag is None else normal_tag(_text("filter.tag", self.tag) or ""),
            totals=None if self.total is None else self.total.to_service(),
        )


async def wanted_orders(info: Info, given: OrderFilter | None) -> Wanted:
    """Returns the filter, with what is to be looked up for it. Errors: BAD_USER_INPUT, InvalidInput."""
    if given is None:
        return Wanted()
    asked = [one.to_service() for one in given.metadata or ()]
    found = await find_wanted(info.context.infra, asked, MetadataOwner.ORDER, with_private=True)
    return replace(given.to_service(), metadata=found)


def _email(typed: str) -> str:
    try:
        return normalise_email(typed)
    except InvalidEmail as error:
        raise bad_argument("filter.email", str(error)) from None


def _text(argument: str, value: str | None) -> str | None:
    problem = None if value is None else line_problem(value, _MAX_TEXT, required=True)
    if problem:
        raise bad_argument(argument, problem)
    return value


@strawberry.type
class OrderQuery:
    @field(description="An order by its id; null when it is not there or not yours.")
    async def order(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="One's own; staff see everybody's.")],
    ) -> Order | None:
        [found] = await load_orders(info.context, [argument_id(id, "Order", "id")])
        return found

    @field(
        description="The order of a secret link, for whoever has the link; null for one that is not valid, or not "
        "any more. Links are in the mails to guests."
    )
    async def order_by_link(
        self,
        info: Info,
        token: Annotated[str, strawberry.argument(description="What is after #token= in the link.")],
    ) -> Order | None:
        try:
            found = await find_by_link(info.context.infra, token, info.context.client)
        except ServiceError as error:
            raise to_request_error(error) from error
        return None if found is None else Order.of(found)

    @restricted(
        Role.STAFF,
        scope=Scope.ORDERS_READ,
        description="Everyone's orders, the newest first; each from when it is in the database."
        f" A totalCount above {FEW} may be a minute old.",
    )
    @paged
    async def orders(
        self,
        info: Info,
        page: Page,
        filter: Annotated[
            OrderFilter | None, strawberry.argument(description="Which ones; all when left out.")
        ] = None,
    ) -> OrderConnection:
        infra = info.context.infra
        wanted = await wanted_orders(info, filter)
        cut = await search_orders(infra, wanted, page.by_id(_SORT))
        return OrderConnection.of(OrderEdge, cut, _SORT, Order.of, lambda: count_found(infra, wanted))
