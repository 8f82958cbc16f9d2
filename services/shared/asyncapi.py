"""The event log in AsyncAPI 3.1 (https://www.asyncapi.com/docs/reference/specification/v3.1.0), from the code.

The key is told of as https://www.asyncapi.com/docs/reference/bindings/kafka has it.
"""

from typing import Any, Final

from infra.cloudevents import MEDIA_TYPE
from infra.version import version
from services.shared import events
from services.shared.event import KINDS, data_schema
from services.shared.event_fields import Schema

_KEYED_BY: Final = {
    events.ORDERS: "the order's id in hex",
    events.PAYMENTS: "the order's id in hex",
    events.STOCK: "the SKU",
    events.SALES: "the id in hex of the sale, the product, the customer or the cart",
}
_HEX: Final = "^[0-9a-f]{32}$"
_KAFKA_BINDING: Final = "0.5.0"


def asyncapi() -> dict[str, Any]:
    """Returns the document of all events, in which consumers read and only Rushcart writes."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Rushcart's events",
            "version": version(),
            "description": "CloudEvents 1.0 in JSON. At least once, in order for one key. Take properties and "
            "types that you do not know.",
        },
        "defaultContentType": MEDIA_TYPE,
        "channels": {topic: _channel(topic) for topic in events.TOPICS},
        "operations": {f"read {topic}": _operation(topic) for topic in events.TOPICS},
        "components": {"messages": {kind: _message(kind) for kind in events.EVENT_TYPES}},
    }


def envelope_schema(kind: str) -> Schema:
    """Returns the schema of the whole message."""
    text, key = {"type": "string"}, _key(KINDS[kind].topic)
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "format": "uuid", "description": "The same however often it comes."},
            "source": {"const": "/rushcart"},
            "type": {"const": kind},
            "subject": {**key, "description": f"It is also the message's key: {key['description']}."},
            "time": {**text, "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "traceparent": {**text, "description": "W3C trace context of what caused it, if it is known."},
            "data": data_schema(KINDS[kind]),
        },
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
    }


def _channel(topic: str) -> dict[str, Any]:
    kinds = [kind for kind in events.EVENT_TYPES if KINDS[kind].topic == topic]
    return {
        "address": topic,
        "description": f"Keyed by {_KEYED_BY[topic]}. RUSHCART_KAFKA_PREFIX comes before its name.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
    }


def _operation(topic: str) -> dict[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{topic}"}}


def _message(kind: str) -> dict[str, Any]:
    return {
        "name": kind,
        "title": kind,
        "contentType": MEDIA_TYPE,
        "headers": _headers(),
        "payload": envelope_schema(kind),
        "bindings": {"kafka": {"key": _key(KINDS[kind].topic), "bindingVersion": _KAFKA_BINDING}},
    }


def _headers() -> Schema:
    """Returns the schema of Kafka's headers: the message is the event as a whole, not its data with attributes."""
    content_type = {"type": "string", "const": MEDIA_TYPE}
    return {"type": "object", "properties": {"content-type": content_type}, "required": ["content-type"]}


def _key(topic: str) -> Schema:
    pattern = {} if topic == events.STOCK else {"pattern": _HEX}
    return {"type": "string", "description": _KEYED_BY[topic], **pattern}
