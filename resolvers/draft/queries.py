"""Staff look at drafts of orders."""

import strawberry

from models.enums import Role, Scope
from resolvers.draft.types import DraftOrder
from resolvers.shared.context import Info
from resolvers.shared.restricted import restricted
from services.draft.rows import open_drafts


@strawberry.type
class DraftOrderQuery:
    @restricted(
        Role.STAFF,
        scope=Scope.ORDERS_READ,
        description="The newest 100 drafts of which no order was made yet, the newest first.",
    )
    async def draft_orders(self, info: Info) -> list[DraftOrder]:
        return [DraftOrder.of(view) for view in await open_drafts(info.context.infra)]
