"""Subscriptions over WebSockets and server-sent events."""

from datetime import timedelta
from typing import Any

import pytest

from graphql_api.subscriptions import sockets
from infra.runtime import open_infra
from resolvers.shared.node import decode_id
from services.order.cancel_order import Cancellation, cancel_order
from settings import Settings
from tests.e2e.shop import Shop, new_key
from tests.integration.catalog.products import statements
from tests.live import event_stream, greeted, socket
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")

FOLLOW = "subscription Follow($id: ID!) { orderUpdated(id: $id) { id status history { status } } }"
REMAINING = "subscription Left($id: ID!) { flashSaleRemaining(itemId: $id) { id remaining quantity } }"
LOGOUT = "mutation { logoutEverywhere { __typename } }"


def value(message: dict[str, Any], field: str) -> Any:
    assert message["type"] == "next", message
    return message["payload"]["data"][field]


def code(message: dict[str, Any]) -> str:
    errors = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
    found: str = errors[0]["extensions"]["code"]
    return found


async def test_an_order_is_followed_to_its_end(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    order = await shop.place(ada, offer.item_id)
    async with greeted(shop.server, ada.token) as live:
        await live.subscribe(FOLLOW, {"id": order["id"]})
        seen = [value(await live.receive(), "orderUpdated")["status"]]
        while seen[-1] != "AWAITING_PAYMENT":
            seen.append(value(await live.receive(), "orderUpdated")["status"])
        assert seen in (["ACCEPTED", "AWAITING_PAYMENT"], ["AWAITING_PAYMENT"])
        await shop.cancel(ada, order["id"])
        last = value(await live.receive(), "orderUpdated")
        while last["status"] == "AWAITING_PAYMENT":  # told late of what it had seen already
            last = value(await live.receive(), "orderUpdated")
        assert (last["id"], last["status"]) == (order["id"], "CANCELLED")
        assert [event["status"] for event in last["history"]] == ["ACCEPTED", "AWAITING_PAYMENT", "CANCELLED"]
        assert await live.receive() == {"id": "1", "type": "complete"}
        await live.subscribe(FOLLOW, {"id": order["id"]})  # the id is free again, and the end is told at once
        assert value(await live.receive(), "orderUpdated")["status"] == "CANCELLED"
        assert await live.receive() == {"id": "1", "type": "complete"}


async def test_what_another_process_changes_is_told(shop: Shop, settings: Settings) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    key, customer = decode_id(order["id"], "Order"), decode_id(ada.id, "User")
    async with event_stream(shop.server, FOLLOW, {"id": order["id"]}, ada.token) as events:
        name, first = await anext(events)
        assert (name, first["data"]["orderUpdated"]["status"]) == ("next", "AWAITING_PAYMENT")
        async with open_infra(settings.with_redis(shop.server.infra.settings.redis_dsn)) as elsewhere:
            await cancel_order(elsewhere, Cancellation(customer, key, None, new_key()))
        name, second = await anext(events)
        assert (name, second["data"]["orderUpdated"]["status"]) == ("next", "CANCELLED")
        assert await anext(events) == ("complete", None)


async def test_what_is_left_is_told_to_everybody(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff(), quantity=5)
    async with (
        event_stream(shop.server, REMAINING, {"id": offer.item_id}) as events,
        greeted(shop.server) as live,
    ):
        await live.subscribe(REMAINING, {"id": offer.item_id})
        first = value(await live.receive(), "flashSaleRemaining")
        assert first == {"id": offer.item_id, "remaining": 5, "quantity": 5}
        assert (await anext(events))[1]["data"]["flashSaleRemaining"] == first
        order = await shop.place(ada, offer.item_id, quantity=2)
        assert value(await live.receive(), "flashSaleRemaining")["remaining"] == 3
        assert (await anext(events))[1]["data"]["flashSaleRemaining"]["remaining"] == 3
        await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
        await shop.cancel(ada, order["id"])
        assert value(await live.receive(), "flashSaleRemaining")["remaining"] == 5


async def test_many_readers_of_an_item_cost_as_much_as_one(shop: Shop) -> None:
    offer, ada = await shop.offer(await shop.staff()), await shop.customer()
    async with greeted(shop.server) as one, greeted(shop.server) as other:
        for live in (one, other):
            for number in range(15):
                await live.subscribe(REMAINING, {"id": offer.item_id}, str(number))
            for _ in range(15):
                assert value(await live.receive(), "flashSaleRemaining")["remaining"] == 5
        with statements(shop.server.infra) as seen:
            await shop.place(ada, offer.item_id)
            for live in (one, other):
                for _ in range(15):
                    assert value(await live.receive(), "flashSaleRemaining")["remaining"] == 4
        assert len([statement for statement in seen if "flash_sale_items" in statement]) <= 15


@ONE_MODE
async def test_only_ones_own_orders(shop: Shop) -> None:
    ada, bob, staff = await shop.customer(), await shop.customer("Bob"), await shop.staff()
    offer = await shop.offer(staff)
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    for viewer, id_, expected in (
        (bob, order["id"], "NOT_FOUND"),
        (None, order["id"], "UNAUTHENTICATED"),
        (bob, offer.item_id, "BAD_USER_INPUT"),
        (bob, "\0" * 10_000, "BAD_USER_INPUT"),
    ):
        async with greeted(shop.server, viewer.token if viewer else None) as live:
            await live.subscribe(FOLLOW, {"id": id_})
            assert code(await live.receive()) == expected
            assert (await live.receive())["type"] == "complete"
    async with greeted(shop.server, staff.token) as live:
        await live.subscribe(FOLLOW, {"id": order["id"]})
        assert value(await live.receive(), "orderUpdated")["id"] == order["id"]


async def test_a_reader_ends_with_its_session(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    async with (
        greeted(shop.server, ada.token) as live,
        event_stream(shop.server, FOLLOW, {"id": order["id"]}, ada.token) as events,
    ):
        await live.subscribe(FOLLOW, {"id": order["id"]})
        await live.receive()
        await anext(events)
        await shop.ask(LOGOUT, by=ada)
        assert await live.closed() == (4403, "The session has ended")
        assert [event async for event in events] == []
    async with socket(shop.server) as late:
        await late.send(type="connection_init", payload={"headers": {"authorization": f"Bearer {ada.token}"}})
        assert await late.closed() == (4403, "The session has ended.")


@ONE_MODE
async def test_queries_and_mutations_go_the_same_way(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    async with greeted(shop.server, ada.token) as live:
        await live.subscribe("{ me { email } }")
        assert value(await live.receive(), "me") == {"email": ada.email}
        assert await live.receive() == {"id": "1", "type": "complete"}
        wish = f'{{itemId: "{offer.item_id}", quantity: 1, idempotencyKey: "{new_key()}"}}'
        await live.subscribe(f"mutation {{ placeFlashOrder(input: {wish}) {{ __typename }} }}", id_="2")
        assert value(await live.receive(), "placeFlashOrder") == {"__typename": "Order"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no JSON", 4400),
        ("[]", 4400),
        ("7", 4400),
        ('{"type": 7}', 4400),
        ('{"type": "make_me_rich"}', 4400),
        ('{"type": "subscribe", "id": {}, "payload": {"query": "{ me { id } }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 7}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": [1]}}', 4400),
        ('{"type": "complete"}', 4400),
        ('{"type": "connection_init", "payload": {}}', 4429),
        (b"\x00\xff", 4400),
        ("x" * 2_000_000, 1009),
    ],
)
@ONE_MODE
async def test_what_is_not_of_the_protocol_ends_the_connection(
    shop: Shop, text: str | bytes, expected: int
) -> None:
    async with greeted(shop.server) as live:
        await live.connection.send(text)
        assert (await live.closed())[0] == expected


@ONE_MODE
async def test_an_operation_that_cannot_run_is_told(shop: Shop) -> None:
    async with socket(shop.server) as live:
        await live.subscribe(REMAINING, {"id": "x"})
        assert (await live.closed())[0] == 4401
    async with greeted(shop.server) as live:
        await live.subscribe("subscription {")
        assert code(await live.receive()) == "GRAPHQL_PARSE_FAILED"
        await live.subscribe("subscription { nothing }")
        assert code(await live.receive()) == "GRAPHQL_VALIDATION_FAILED"
        await live.subscribe("subscription { a: flashSaleRemaining(itemId: 1) {id} b: __typename }")
        assert code(await live.receive()) == "GRAPHQL_VALIDATION_FAILED"
        await live.subscribe(REMAINING)
        assert code(await live.receive()) == "BAD_USER_INPUT"


@ONE_MODE
async def test_a_connection_carries_so_many_operations(shop: Shop) -> None:
    offer = await shop.offer(await shop.staff())
    async with greeted(shop.server) as live:
        for number in range(21):
            await live.subscribe(REMAINING, {"id": offer.item_id}, id_=str(number))
        answers = [await live.receive() for _ in range(21)]
        assert sorted(answer["type"] for answer in answers) == ["error", *["next"] * 20]
        await live.subscribe(REMAINING, {"id": offer.item_id}, id_="0")
        assert (await live.closed())[0] == 4409


@ONE_MODE
async def test_who_is_refused_learns_why(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is accepted and then closed: clients see no code of one that was not accepted."""
    for offered in (["graphql-ws"], None):
        async with socket(shop.server, subprotocols=offered) as refused:
            assert await refused.closed() == (4406, "Subprotocol not acceptable")
    async with socket(shop.server, additional_headers={"Authorization": "Bearer x"}) as refused:
        assert await refused.closed() == (4403, "The access token is not valid.")
    monkeypatch.setattr(sockets, "_INIT_WITHIN", timedelta(seconds=0.05))
    async with socket(shop.server) as silent:
        assert await silent.closed() == (4408, "Connection initialisation timeout")


@ONE_MODE
async def test_an_event_stream_by_get(shop: Shop) -> None:
    offer = await shop.offer(await shop.staff())
    query = f'subscription {{ flashSaleRemaining(itemId: "{offer.item_id}") {{ remaining }} }}'
    headers = {"Accept": "text/event-stream"}
    http = shop.server.http
    async with http.stream("GET", "/graphql", params={"query": query}, headers=headers) as response:
        assert [line async for line in _until_data(response.aiter_lines())] == [
            ":",
            "",
            "event: next",
            'data: {"data":{"flashSaleRemaining":{"remaining":5}}}',
        ]
    refused = await http.get("/graphql", params={"query": LOGOUT}, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    plain = await http.post("/graphql", json={"query": query})
    assert (plain.status_code, plain.json()["errors"][0]["extensions"]["code"]) == (405, "METHOD_NOT_ALLOWED")


async def _until_data(lines: Any) -> Any:
    async for line in lines:
        yield line
        if line.startswith("data:"):
            return


@ONE_MODE
async def test_nothing_is_left_of_readers_that_went(shop: Shop) -> None:
    offer = await shop.offer(await shop.staff())
    key = decode_id(offer.item_id, "FlashSaleItem")
    async with greeted(shop.server) as live:
        await live.subscribe(REMAINING, {"id": offer.item_id})
        await live.receive()
        assert shop.server.infra.signals.watchers(key) == 1
    async with event_stream(shop.server, REMAINING, {"id": offer.item_id}) as events:
        await anext(events)

    async def watchers() -> int:
        return shop.server.infra.signals.watchers(key)

    await until(watchers, lambda count: count == 0)
