"""An administrator subscribes a system over HTTP, and it is told of an order."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from services.shared.events import OrderPlaced
from settings import Settings
from tests.e2e.shop import Person, Shop
from tests.receiver import Receiver, is_signed, receiving
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")

CREATE: Final = """
mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
  ... on NewWebhookSecret { secret endpoint { id url types enabled } } ... on InvalidInput { fields { path } } } }
"""
SENT: Final = """
query ($id: ID) { webhookDeliveries(endpointId: $id, first: 5) {
  totalCount edges { node { id eventId type state statusCode } } } }
"""
REPLAY: Final = """
mutation ($input: WebhookDeliveryInput!) {
  replayWebhookDelivery(input: $input) { ... on WebhookDelivery { state } } }
"""


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow_private": True})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


async def test_a_system_is_told_of_an_order(shop: Shop, receiver: Receiver) -> None:
    admin, staff, ada = await shop.admin(), await shop.staff(), await shop.customer()
    wish = {"url": receiver.url, "types": [OrderPlaced.type]}
    made = (await shop.ask(CREATE, {"input": wish}, admin))["createWebhookEndpoint"]
    assert made["endpoint"] == {"id": made["endpoint"]["id"], **wish, "enabled": True}
    offer = await shop.offer(staff)
    order = await shop.place(ada, offer.item_id)
    await until(lambda: told(receiver), bool)
    [event] = receiver.events
    assert (event["type"], len(receiver.got)) == (OrderPlaced.type, 1)
    assert is_signed(made["secret"], *receiver.got[0])
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")

    async def sent() -> Any:
        return (await shop.ask(SENT, {"id": made["endpoint"]["id"]}, admin))["webhookDeliveries"]

    found = await until(sent, lambda page: page["edges"][0]["node"]["state"] == "DELIVERED")
    node = found["edges"][0]["node"]
    assert (found["totalCount"], node["eventId"], node["statusCode"]) == (1, event["id"], 204)
    await shop.ask(REPLAY, {"input": {"id": node["id"]}}, admin)
    await until(lambda: told(receiver), lambda count: count == 2)
    assert receiver.events[1] == event
    for by in (staff, ada):
        await assert_refused(shop, by)


async def told(receiver: Receiver) -> int:
    return len(receiver.got)


async def assert_refused(shop: Shop, by: Person) -> None:
    for query, variables in (
        (SENT, {}),
        (CREATE, {"input": {"url": "http://x.example/", "types": [OrderPlaced.type]}}),
    ):
        answer = await shop.server.graphql(query, variables, by.token)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
