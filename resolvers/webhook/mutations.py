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


@strawberry.input(description="A system that is to be told of events.")
class CreateWebhookEndpointInput:
    url: str = strawberry.field(description="Where to send them by POST; a public address.")
    types: list[str] = strawberry.field(description="Of events, e.g. rushcart.order.paid.v1.")


@strawberry.input(description="What is left out, or null, stays as it is.")
class UpdateWebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="Of the endpoint.")
    url: str | None = strawberry.field(default=None, description="Where to send events by POST; a public address.")
    types: list[str] | None = strawberry.field(default=None, description="Which events it is told of.")
    enabled: bool | None = strawberry.field(
        default=None, description="Whether it is told of any; either way it is forgotten that it failed."
    )


@strawberry.input(description="An endpoint to do something with.")
class WebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="Of the endpoint.")


@strawberry.input(description="A delivery to be sent again.")
class WebhookDeliveryInput:
    id: strawberry.ID = strawberry.field(description="Of the delivery.")


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
