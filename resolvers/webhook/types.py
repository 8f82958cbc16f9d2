"""The types of webhooks."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from models import WebhookDelivery as DeliveryRow
from models import WebhookEndpoint as EndpointRow
from models.enums import DeliveryState
from resolvers.shared.errors import InvalidInput, NotFound
from resolvers.shared.node import encode_id
from resolvers.shared.relay import Counted, Edge, count_of


@strawberry.type(description="A system of the merchant's that is told of events.")
class WebhookEndpoint:
    id: strawberry.ID
    url: str
    types: list[str]
    enabled: bool
    disabled_reason: str | None = strawberry.field(description="Why it was switched off by itself.")
    failing_since: datetime | None = strawberry.field(description="The first failure since the last success.")
    created_at: datetime

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


@strawberry.type
class NewWebhookSecret:
    secret: str = strawberry.field(description="Shown this once. Verify signatures with it (Standard Webhooks).")
    endpoint: WebhookEndpoint

    @classmethod
    def of(cls, row: EndpointRow) -> "NewWebhookSecret":
        return cls(secret=row.secret, endpoint=WebhookEndpoint.of(row))


@strawberry.type
class DeletedWebhookEndpoint:
    id: strawberry.ID


@strawberry.type(description="An event for an endpoint.")
class WebhookDelivery:
    id: strawberry.ID
    endpoint_id: strawberry.ID
    event_id: str
    type: str
    state: DeliveryState
    attempts: int
    status_code: int | None = strawberry.field(description="Of the last answer, if there was one.")
    answer: str | None = strawberry.field(description="Its first 500 characters, or why there was none.")
    due_at: datetime | None = strawberry.field(description="When it is sent next.")
    created_at: datetime
    body: JSON

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
