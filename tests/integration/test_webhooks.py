"""Merchants' systems are told of each event, once an endpoint, signed, until they have taken it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from infra.cloudevents import CloudEvent, encode
from infra.ids import new_id
from infra.runtime import Infra
from models import DeliveryState, QueuedMail, User, WebhookDelivery, WebhookEndpoint
from services.shared.client import NOWHERE
from services.shared.errors import InvalidInput, NotFound
from services.shared.events import ORDERS, OrderPaid, StockLow
from services.shared.pages import IdPage
from services.webhook.create_endpoint import create_endpoint
from services.webhook.delivery_sender import DeliverySender, send_due
from services.webhook.find_target import NoAddress, find_target
from services.webhook.list_deliveries import (
    DeliveryFilter,
    count_deliveries,
    list_deliveries,
    replay_delivery,
    send_test,
)
from services.webhook.make_deliveries import make_deliveries
from services.webhook.note_answer import WAITS
from services.webhook.rules import Asking, EndpointChange, new_secret
from services.webhook.update_endpoint import delete_endpoint, rotate_secret, update_endpoint
from settings import Settings
from tasks.webhook_consumer import WebhookConsumer
from tests.modes import ONE_MODE
from tests.receiver import Receiver, is_signed, receiving
from tests.waiting import until

ADMIN = Asking(new_id(), NOWHERE)


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow_private": True, "store_timeout": 10.0})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


async def endpoint(infra: Infra, url: str, *types: str) -> WebhookEndpoint:
    return await create_endpoint(infra, url, types or (OrderPaid.type,), ADMIN)


def event(infra: Infra, kind: str = OrderPaid.type) -> bytes:
    return encode(CloudEvent(kind, "o1", {"orderId": "o1"}), infra.now())


async def deliveries(infra: Infra) -> list[WebhookDelivery]:
    return list(reversed((await list_deliveries(infra, DeliveryFilter(), IdPage(100))).rows))


async def make_due(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(WebhookDelivery).values(due_at=infra.now()))


async def test_each_event_is_delivered_once_and_signed(infra: Infra, receiver: Receiver) -> None:
    hook, other = await endpoint(infra, receiver.url), await endpoint(infra, receiver.url, StockLow.type)
    old = encode(CloudEvent(OrderPaid.type, "o0", {}), hook.created_at - timedelta(seconds=1))
    first, second = event(infra), event(infra)
    for values in ([old, first, b"no JSON", b"{}", event(infra, "rushcart.order.noted.v1")], [first, second]):
        await make_deliveries(infra, values)
    assert await count_deliveries(infra, DeliveryFilter()) == 2
    await asyncio.gather(*(send_due(infra, hook.id) for _ in range(3)), send_due(infra, other.id))
    assert sorted(body["id"] for body in receiver.events) == sorted(
        row.event_id for row in await deliveries(infra)
    )
    for headers, body in receiver.got:
        assert is_signed(hook.secret, headers, body)
        assert not is_signed(hook.secret, headers, body + b" ")
        assert headers["content-type"] == "application/cloudevents+json"
    assert {row.state for row in await deliveries(infra)} == {DeliveryState.DELIVERED}


async def test_what_is_not_taken_is_sent_again_later_and_later(infra: Infra, receiver: Receiver) -> None:
    hook = await endpoint(infra, receiver.url)
    receiver.status = 500
    await make_deliveries(infra, [event(infra)])
    for attempt, wait in enumerate(WAITS[:3], 1):
        before = infra.now()
        assert await send_due(infra, hook.id) == 1
        assert await send_due(infra, hook.id) == 0
        [row] = await deliveries(infra)
        assert (row.state, row.attempts, row.status_code) == (DeliveryState.PENDING, attempt, 500)
        assert before + wait <= row.due_at <= infra.now() + wait
        assert row.answer == "x" * 500
        await make_due(infra)
    receiver.status = 200
    await send_due(infra, hook.id)
    [row] = await deliveries(infra)
    assert (row.state, row.attempts, len(receiver.got)) == (DeliveryState.DELIVERED, 4, 4)
    assert sum(WAITS, timedelta()) > timedelta(hours=24)
    assert await send_due(infra, hook.id) == 0


async def test_an_endpoint_that_failed_for_a_day_is_switched_off_with_a_notice(
    infra: Infra, receiver: Receiver
) -> None:
    hook = await endpoint(infra, receiver.url)
    receiver.status = 503
    async with infra.database.write() as session:
        session.add(
            User(
                id=ADMIN.user_id, email="admin@example.org", display_name="Ada", password_hash="", roles=["ADMIN"],
                locale="en", created_at=infra.now(),
            )
        )  # fmt: skip
        a_day_ago = infra.now() - timedelta(days=1)
        await session.execute(update(WebhookEndpoint).values(failing_since=a_day_ago))
    await make_deliveries(infra, [event(infra), event(infra)])
    await send_due(infra, hook.id)
    async with infra.database.read() as session:
        stored = (await session.scalars(select(WebhookEndpoint))).one()
        mails = list(await session.scalars(select(QueuedMail)))
    assert (stored.enabled, stored.disabled_reason) == (False, "answered 503")
    assert [(mail.recipient, mail.data["url"]) for mail in mails] == [("admin@example.org", receiver.url)]
    await make_due(infra)
    assert await send_due(infra, hook.id) == 0
    assert await make_deliveries(infra, [event(infra)]) == 0
    receiver.status = 204
    await update_endpoint(infra, hook.id, EndpointChange(enabled=True), ADMIN)
    assert await send_due(infra, hook.id) == 2
    assert {row.state for row in await deliveries(infra)} == {DeliveryState.DELIVERED}


@ONE_MODE
async def test_one_that_is_gone_is_switched_off_at_once(infra: Infra, receiver: Receiver) -> None:
    hook = await endpoint(infra, receiver.url)
    receiver.status = 410
    await send_test(infra, hook.id)
    await send_due(infra, hook.id)
    async with infra.database.read() as session:
        assert (await session.scalars(select(WebhookEndpoint.enabled))).one() is False


@ONE_MODE
async def test_a_secret_is_rotated_without_a_gap(infra: Infra, receiver: Receiver) -> None:
    hook = await endpoint(infra, receiver.url)
    old = hook.secret
    new = (await rotate_secret(infra, hook.id, ADMIN)).secret
    await send_test(infra, hook.id)
    await send_due(infra, hook.id)
    async with infra.database.write() as session:
        await session.execute(update(WebhookEndpoint).values(old_secret_until=infra.now() - timedelta(seconds=1)))
    await send_test(infra, hook.id)
    await send_due(infra, hook.id)
    assert [(is_signed(old, *got), is_signed(new, *got)) for got in receiver.got] == [(True, True), (False, True)]


@ONE_MODE
async def test_the_documents_example_tells_ours_from_others(infra: Infra, receiver: Receiver) -> None:
    page = (Path(__file__).parents[2] / "docs" / "outgoing-webhooks.md").read_text()
    block = re.search(r"<!-- verify-example -->\n```python\n(.*?)```", page, re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {}
    exec(block[1], names)
    hook = await endpoint(infra, receiver.url)
    await send_test(infra, hook.id)
    await send_due(infra, hook.id)
    [(headers, body)] = receiver.got
    assert names["is_genuine"](hook.secret, headers, body)
    assert not names["is_genuine"](hook.secret, headers, body + b" ")
    assert not names["is_genuine"](new_secret(), headers, body)
    assert not names["is_genuine"](hook.secret, headers | {"webhook-timestamp": "1"}, body)


async def test_a_delivery_is_sent_again_with_its_id(infra: Infra, receiver: Receiver) -> None:
    hook = await endpoint(infra, receiver.url)
    made = await send_test(infra, hook.id)
    await send_due(infra, hook.id)
    again = await replay_delivery(infra, made.id)
    assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)
    await send_due(infra, hook.id)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [made.event_id] * 2
    for work in (replay_delivery(infra, new_id()), send_test(infra, new_id())):
        with pytest.raises(NotFound):
            await work


async def test_a_slow_one_keeps_nobody_waiting(infra: Infra, receiver: Receiver) -> None:
    async with receiving() as slow:
        slow.open.clear()
        stuck, quick = await endpoint(infra, slow.url), await endpoint(infra, receiver.url)
        await make_deliveries(infra, [event(infra) for _ in range(8)])
        sender = DeliverySender(infra)
        await sender.run()

        async def taken() -> int:
            return await count_deliveries(infra, DeliveryFilter(quick.id, (DeliveryState.DELIVERED,)))

        await until(taken, lambda count: count == 8)
        assert await count_deliveries(infra, DeliveryFilter(stuck.id, (DeliveryState.DELIVERED,))) == 0
        # Ended in the middle: what it had claimed is sent again after the lease.
        await sender.close()
        slow.open.set()
        await make_due(infra)
        await send_due(infra, stuck.id)
        while await send_due(infra, stuck.id):
            pass
        assert len({headers["webhook-id"] for headers, _ in slow.got}) == 8


async def test_the_log_is_read_once(infra: Infra, receiver: Receiver) -> None:
    await endpoint(infra, receiver.url)
    await infra.events.publish(ORDERS, "o1", event(infra))
    for _ in range(2):
        stop = asyncio.Event()
        reading = asyncio.create_task(WebhookConsumer(infra, stop).run())
        await until(lambda: count_deliveries(infra, DeliveryFilter()), lambda count: count == 1)
        stop.set()
        await reading
    assert await count_deliveries(infra, DeliveryFilter()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest/",
        "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/", "http://224.0.0.1/", "http://2130706433/",
        # 10.0.0.1 by NAT64, 6to4, Teredo, and in the form that is out of use.
        "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/",
        "http://[::a00:1]/",
        # NAT64 of a network's own, SIIT, and site-local.
        "http://[64:ff9b:1::a00:1]/", "http://[::ffff:0:a00:1]/", "http://[fec0::1]/",
    ],
)  # fmt: skip
async def test_nothing_is_sent_into_private_networks(url: str) -> None:
    with pytest.raises(NoAddress):
        await find_target(url, Settings())


@ONE_MODE
async def test_redirects_are_not_followed(infra: Infra, receiver: Receiver) -> None:
    hook = await endpoint(infra, receiver.url)
    async with receiving() as inner:
        receiver.status, receiver.headers = 302, {"location": inner.url}
        await send_test(infra, hook.id)
        await send_due(infra, hook.id)
        assert inner.got == []
    [row] = await deliveries(infra)
    assert (row.state, row.status_code) == (DeliveryState.PENDING, 302)


@ONE_MODE
async def test_what_is_asked_is_looked_at(infra: Infra) -> None:
    for url, types, path in (
        ("ftp://x.example/", [OrderPaid.type], "url"),
        ("http://", [OrderPaid.type], "url"),
        ("http://u:p@x.example/", [OrderPaid.type], "url"),
        (f"http://x.example/{'x' * 500}", [OrderPaid.type], "url"),
        ("http://x.example:99999/", [OrderPaid.type], "url"),
        ("http://x.example/", [], "types"),
        ("http://x.example/", ["rushcart.nothing.v1"], "types"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await create_endpoint(infra, url, types, ADMIN)
        assert refused.value.problems[0].path == ("input", path), url
    hook = await endpoint(infra, "http://x.example/")
    await delete_endpoint(infra, hook.id, ADMIN)
    with pytest.raises(NotFound):
        await delete_endpoint(infra, hook.id, ADMIN)
