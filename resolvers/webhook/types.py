"""The types of webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from models import WebhookDelivery as DeliveryRow
from models import WebhookEndpoint as EndpointRow
from models.enums import DeliveryState, Role
from resolvers.shared.context import Context
from resolvers.shared.errors import InvalidInput, NotFound
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Counted, Edge, count_of
from services.webhook.list_deliveries import find_deliveries
from services.webhook.list_endpoints import find_endpoints


@strawberry.type(description="A system of the merchant's that is told of events.")
class WebhookEndpoint(Node):
    url: str = strawberry.field(description="Where events are sent by POST.")
    types: list[str] = strawberry.field(description="Which events it is told of.")
    enabled: bool = strawberry.field(description="Whether it is told of any.")
    disabled_reason: str | None = strawberry.field(description="Why it was switched off by itself.")
    failing_since: datetime | None = strawberry.field(description="The first failure since the last success.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, row: EndpointRow) -> "WebhookEndpoint":
        return cls(
            id=encode_id("WebhookEndpoint", row.id),
            url=row.url,
            types=list(row.types),
            enabled=row.enabled,
            disabled_reason=row.disabled_reason,
            failing_since=row.failing_since,
            created_at=row.created_at,
        )


@strawberry.type(description="An endpoint, and what its signatures are verified with.")
class NewWebhookSecret:
    secret: str = strawberry.field(description="Shown this once. Verify signatures with it (Standard Webhooks).")
    endpoint: WebhookEndpoint = strawberry.field(description="Whose secret it is.")

    @classmethod
    def of(cls, row: EndpointRow) -> "NewWebhookSecret":
        return cls(secret=row.secret, endpoint=WebhookEndpoint.of(row))


@strawberry.type(description="The id of an endpoint that is gone: no Node, as there is none any more.")
class DeletedWebhookEndpoint:
    id: strawberry.ID = strawberry.field(description="Of the endpoint that was.")


@strawberry.type(description="An event for an endpoint.")
class WebhookDelivery(Node):
    endpoint_id: strawberry.ID = strawberry.field(description="Where it goes.")
    event_id: str = strawberry.field(
        description="The same at each try: by it a receiver knows what it had before."
    )
    type: str = strawberry.field(description="What it tells of.")
    state: DeliveryState = strawberry.field(description="Whether it has arrived.")
    attempts: int = strawberry.field(description="How often it was tried.")
    status_code: int | None = strawberry.field(description="Of the last answer, if there was one.")
    answer: str | None = strawberry.field(description="Its first 500 characters, or why there was none.")
    due_at: datetime | None = strawberry.field(description="When it is sent next.")
    created_at: datetime = strawberry.field(description="When it was due first.")
    body: JSON = strawberry.field(description="What is sent, a CloudEvent.")

    @classmethod
    def of(cls, row: DeliveryRow) -> "WebhookDelivery":
        return cls(
            id=encode_id("WebhookDelivery", row.id),
            endpoint_id=encode_id("WebhookEndpoint", row.endpoint_id),
            event_id=row.event_id,
            type=row.type,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            status_code=row.status_code,
            answer=row.answer,
            due_at=row.due_at if row.state == DeliveryState.PENDING else None,
            created_at=row.created_at,
            body=JSON(row.body),
        )


@strawberry.type
class WebhookDeliveryEdge(Edge[WebhookDelivery]): ...


@strawberry.type
class WebhookDeliveryConnection(Counted[WebhookDeliveryEdge]):
    total_count = count_of("deliveries")


CreateWebhookEndpointResult = Annotated[
    NewWebhookSecret | InvalidInput, strawberry.union("CreateWebhookEndpointResult")
]
UpdateWebhookEndpointResult = Annotated[
    WebhookEndpoint | NotFound | InvalidInput, strawberry.union("UpdateWebhookEndpointResult")
]
RotateWebhookSecretResult = Annotated[
    NewWebhookSecret | NotFound | InvalidInput, strawberry.union("RotateWebhookSecretResult")
]
DeleteWebhookEndpointResult = Annotated[
    DeletedWebhookEndpoint | NotFound | InvalidInput, strawberry.union("DeleteWebhookEndpointResult")
]
WebhookDeliveryResult = Annotated[
    WebhookDelivery | NotFound | InvalidInput, strawberry.union("WebhookDeliveryResult")
]


def _is_admin(context: Context) -> bool:
    return context.viewer is not None and context.viewer.has(Role.ADMIN)


async def _load_endpoints(context: Context, ids: Sequence[UUID]) -> list[WebhookEndpoint | None]:
    """For administrators, as the list of them."""
    found = await find_endpoints(context.infra, ids) if _is_admin(context) else {}
    return pick_nodes(ids, found, WebhookEndpoint.of)


async def _load_deliveries(context: Context, ids: Sequence[UUID]) -> list[WebhookDelivery | None]:
    """For administrators, as the list of them."""
    found = await find_deliveries(context.infra, ids) if _is_admin(context) else {}
    return pick_nodes(ids, found, WebhookDelivery.of)


register_node("WebhookEndpoint", _load_endpoints)
register_node("WebhookDelivery", _load_deliveries)
