"""The SDKs of CloudEvents read what is in Kafka, header by header, byte by byte."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from infra.runtime import Infra
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import place_flash_order
from services.shared.events import ORDERS
from services.shared.outbox import relay_outbox
from tests.factories import order_wish, running_sale
from tests.modes import MODES
from tests.neighbours.sdks import READERS, read_by
from tests.workers import persist_all

# It copies the header over what the event says.
_SAYS_OTHERWISE = {"python 1.12.0": "application/cloudevents+json"}

pytestmark = [pytest.mark.parametrize("mode", MODES[1:], indirect=True), pytest.mark.timeout(600)]


@pytest.fixture
async def records(infra: Infra) -> AsyncIterator[list["ConsumerRecord[bytes, bytes]"]]:
    """Of an order that was placed and cancelled."""
    order = await place_flash_order(infra, order_wish(await running_sale(infra, quantity=2)))
    await persist_all(infra)
    await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "no"))
    while await relay_outbox(infra):
        pass
    reader = AIOKafkaConsumer(
        infra.settings.kafka_prefix + ORDERS,
        bootstrap_servers=infra.settings.kafka_bootstrap_servers or "",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await reader.start()
    try:
        yield [await reader.getone() for _ in range(2)]
    finally:
        await reader.stop()


def as_json(record: "ConsumerRecord[bytes, bytes]", *, headers: bool = True) -> dict[str, Any]:
    return {
        "headers": {name: _text(value) for name, value in record.headers} if headers else {},
        "key": _text(record.key or b""),
        "value": _text(record.value or b""),
    }


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.mark.parametrize("sdk", READERS)
async def test_an_sdk_reads_every_message(
    sdk: str, records: list["ConsumerRecord[bytes, bytes]"], tmp_path: Path
) -> None:
    command = READERS[sdk](tmp_path)
    told = read_by(tmp_path, command, [as_json(record) for record in records])
    for record, event in zip(records, told, strict=True):
        envelope = orjson.loads(record.value or b"")
        assert event == {
            "id": envelope["id"],
            "type": envelope["type"],
            "subject": (record.key or b"").decode(),
            "datacontenttype": _SAYS_OTHERWISE.get(sdk, "application/json"),
            "traceparent": envelope.get("traceparent"),
            "data": envelope["data"],
        }
    assert [event["type"] for event in told] == ["rushcart.order.placed.v1", "rushcart.order.cancelled.v1"]
    # It is the header that they know it by: without it most refuse what is the same in all else.
    if not sdk.startswith("python"):
        assert list(read_by(tmp_path, command, [as_json(records[0], headers=False)])[0]) == ["refused"]
