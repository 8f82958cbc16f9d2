"""What is in the log is what the document says."""

import orjson

from infra.runtime import Infra
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import place_flash_order
from services.shared.events import ORDERS, OrderPlaced
from services.shared.outbox import relay_outbox
from tests.event_contract import PROBLEMS, SEEN, problems_of
from tests.factories import order_wish, running_sale
from tests.workers import persist_all


async def test_messages_of_an_order(infra: Infra) -> None:
    order = await place_flash_order(infra, order_wish(await running_sale(infra, quantity=2)))
    await persist_all(infra)
    SEEN.clear()
    await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "no"))
    # Looked at on its way into the outbox.
    assert "rushcart.order.cancelled.v1" in SEEN
    while await relay_outbox(infra):
        pass
    messages = await infra.events.read_all(ORDERS, 10)
    told = [orjson.loads(message.value) for message in messages]
    assert [(message.key, envelope["subject"]) for message, envelope in zip(messages, told, strict=True)] == [
        (order.id.hex, order.id.hex)
    ] * 2
    in_kafka = {"content-type": "application/cloudevents+json"}
    assert [message.headers for message in messages] == [{} if infra.settings.embedded else in_kafka] * 2
    assert [envelope["type"] for envelope in told] == [OrderPlaced.type, "rushcart.order.cancelled.v1"]
    assert [problem for envelope in told for problem in problems_of(envelope)] == []


async def test_what_breaks_the_contract_is_seen() -> None:
    assert problems_of({"type": "rushcart.order.eaten.v1"}) == [
        "rushcart.order.eaten.v1 is not in services/shared/events.py"
    ]
    paid = {"specversion": "1.0", "type": "rushcart.order.paid.v1", "data": {"orderId": 7}}
    assert any("orderId" in problem for problem in problems_of(paid))
    assert PROBLEMS == []
