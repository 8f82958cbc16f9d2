"""Staff look at drafts of orders."""

from typing import Annotated

import strawberry

from models.enums import Role, Scope
from resolvers.draft.types import DraftOrder, DraftOrderConnection, DraftOrderEdge
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from services.draft.list_drafts import DraftFilter as Wanted
from services.draft.list_drafts import count_drafts, list_drafts
from services.user.rules import InvalidEmail, normalise_email

_SORT = "draft-orders"


@strawberry.input(description="What all of the drafts have that are shown.")
class DraftOrderFilter:
    placed: bool | None = strawberry.field(
        default=False, description="Whether an order was made of it; null: both."
    )
    customer_id: strawberry.ID | None = strawberry.field(default=None, description="For this customer only.")
    email: str | None = strawberry.field(
        default=None, description="For whom has this address now, with an account or as a guest."
    )

    def to_service(self) -> Wanted:
        """Errors: BAD_USER_INPUT naming the field."""
        customer = self.customer_id
        return Wanted(
            self.placed,
            None if customer is None else argument_id(customer, "User", "filter.customerId"),
            None if self.email is None else _email(self.email),
        )


def _email(typed: str) -> str:
    try:
        return normalise_email(typed)
    except InvalidEmail as error:
        raise bad_argument("filter.email", str(error)) from None


@strawberry.type
class DraftOrderQuery:
    @restricted(
        Role.STAFF,
        scope=Scope.ORDERS_READ,
        description="Drafts of orders, the newest first; of which no order was made, unless the filter says.",
    )
    @paged
    async def draft_orders(
        self,
        info: Info,
        page: Page,
        filter: Annotated[DraftOrderFilter | None, strawberry.argument(description="Which drafts.")] = None,
    ) -> DraftOrderConnection:
        infra, wanted = info.context.infra, Wanted() if filter is None else filter.to_service()
        cut = await list_drafts(infra, wanted, page.by_id(_SORT))
        return DraftOrderConnection.of(
            DraftOrderEdge, cut, _SORT, DraftOrder.of, lambda: count_drafts(infra, wanted)
        )
