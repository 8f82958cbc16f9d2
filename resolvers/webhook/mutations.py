"""Keep endpoints; send again, and for trying."""

from uuid import UUID

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.webhook.types import (
    CreateWebhookEndpointResult,
    DeletedWebhookEndpoint,
    DeleteWebhookEndpointResult,
    NewWebhookSecret,
    RotateWebhookSecretResult,
    UpdateWebhookEndpointResult,
    WebhookDelivery,
    WebhookDeliveryResult,
    WebhookEndpoint,
)
from services.webhook.create_endpoint import create_endpoint
from services.webhook.list_deliveries import replay_delivery, send_test
from services.webhook.rules import Asking, EndpointChange
from services.webhook.update_endpoint import delete_endpoint, rotate_secret, update_endpoint


@strawberry.input
class CreateWebhookEndpointInput:
    url: str
    types: list[str] = strawberry.field(description="Of events, e.g. rushcart.order.paid.v1.")


@strawberry.input
class UpdateWebhookEndpointInput:
    id: strawberry.ID
    url: str | None = None
    types: list[str] | None = None
    enabled: bool | None = None


@strawberry.input
class WebhookEndpointInput:
    id: strawberry.ID


@strawberry.input
class WebhookDeliveryInput:
    id: strawberry.ID


@strawberry.type
class WebhookMutation:
    @mutation(Role.ADMIN, description="Tell a system of the merchant's of events. Its secret is shown once.")
    async def create_webhook_endpoint(
        self, info: Info, input: CreateWebhookEndpointInput
    ) -> CreateWebhookEndpointResult:
        row = await create_endpoint(info.context.infra, input.url, input.types, _asking(info))
        return NewWebhookSecret.of(row)

    @mutation(Role.ADMIN, description="What is left out stays. Switching it on forgets why it was switched off.")
    async def update_webhook_endpoint(
        self, info: Info, input: UpdateWebhookEndpointInput
    ) -> UpdateWebhookEndpointResult:
        change = EndpointChange(input.url, input.types, input.enabled)
        row = await update_endpoint(info.context.infra, _endpoint(input.id), change, _asking(info))
        return WebhookEndpoint.of(row)

    @mutation(Role.ADMIN, description="A new secret; for a day the one of before signs as well.")
    async def rotate_webhook_secret(self, info: Info, input: WebhookEndpointInput) -> RotateWebhookSecretResult:
        row = await rotate_secret(info.context.infra, _endpoint(input.id), _asking(info))
        return NewWebhookSecret.of(row)

    @mutation(Role.ADMIN, description="With its deliveries.")
    async def delete_webhook_endpoint(
        self, info: Info, input: WebhookEndpointInput
    ) -> DeleteWebhookEndpointResult:
        await delete_endpoint(info.context.infra, _endpoint(input.id), _asking(info))
        return DeletedWebhookEndpoint(id=input.id)

    @mutation(Role.ADMIN, description="Send an event for trying, of the type rushcart.webhook.test.v1.")
    async def send_test_webhook(self, info: Info, input: WebhookEndpointInput) -> WebhookDeliveryResult:
        return WebhookDelivery.of(await send_test(info.context.infra, _endpoint(input.id)))

    @mutation(Role.ADMIN, description="Send it once more, with the same id.")
    async def replay_webhook_delivery(self, info: Info, input: WebhookDeliveryInput) -> WebhookDeliveryResult:
        delivery_id = input_id(input.id, "WebhookDelivery", "id")
        return WebhookDelivery.of(await replay_delivery(info.context.infra, delivery_id))


def _endpoint(gid: str) -> UUID:
    return input_id(gid, "WebhookEndpoint", "id")


def _asking(info: Info) -> Asking:
    return Asking(signed_in(info).user_id, info.context.client)
