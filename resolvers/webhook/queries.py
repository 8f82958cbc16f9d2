"""Look at endpoints and at what was sent to them."""

from typing import Annotated

import strawberry

from models.enums import DeliveryState, Role
from resolvers.shared.context import Info
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from resolvers.webhook.types import (
    WebhookDelivery,
    WebhookDeliveryConnection,
    WebhookDeliveryEdge,
    WebhookEndpoint,
)
from services.webhook.list_deliveries import DeliveryFilter, count_deliveries, list_deliveries
from services.webhook.list_endpoints import list_endpoints

_SORT = "webhook-deliveries"


@strawberry.type
class WebhookQuery:
    @restricted(Role.ADMIN, description="The oldest first.")
    async def webhook_endpoints(self, info: Info) -> list[WebhookEndpoint]:
        return [WebhookEndpoint.of(row) for row in await list_endpoints(info.context.infra)]

    @restricted(Role.ADMIN, description="The newest first; those of the last 30 days.")
    @paged
    async def webhook_deliveries(
        self,
        info: Info,
        page: Page,
        endpoint_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="To this endpoint only.")
        ] = None,
        state: Annotated[
            list[DeliveryState] | None,
            strawberry.argument(description="In one of these states; all when left out."),
        ] = None,
    ) -> WebhookDeliveryConnection:
        infra = info.context.infra
        wanted = DeliveryFilter(
            None if endpoint_id is None else argument_id(endpoint_id, "WebhookEndpoint", "endpointId"),
            None if state is None else tuple(state),
        )
        cut = await list_deliveries(infra, wanted, page.by_id(_SORT))
        return WebhookDeliveryConnection.of(
            WebhookDeliveryEdge, cut, _SORT, WebhookDelivery.of, lambda: count_deliveries(infra, wanted)
        )
