"""The event log in AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0), from the code."""

from typing import Any, Final

from infra.version import version
from services.shared import events
from services.shared.event import KINDS, data_schema
from services.shared.event_fields import Schema

_KEYED_BY: Final = {
    events.ORDERS: "the order's id in hex",
    events.PAYMENTS: "the order's id in hex",
    events.STOCK: "the SKU",
    events.SALES: "the sale's id in hex",
}


def asyncapi() -> dict[str, Any]:
    """Returns the document of all events, in which consumers read and only Rushcart writes."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rushcart's events",
            "version": version(),
            "description": "CloudEvents 1.0 in JSON. At least once, in order for one key. Take properties and "
            "types that you do not know.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(topic) for topic in events.TOPICS},
        "operations": {f"read {topic}": _operation(topic) for topic in events.TOPICS},
        "components": {"messages": {kind: _message(kind) for kind in events.EVENT_TYPES}},
    }


def envelope_schema(kind: str) -> Schema:
    """Returns the schema of the whole message."""
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "format": "uuid", "description": "The same however often it comes."},
            "source": {"const": "/rushcart"},
            "type": {"const": kind},
            "subject": {**text, "description": f"It is also the message's key: {_KEYED_BY[KINDS[kind].topic]}."},
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
    return {"name": kind, "title": kind, "payload": envelope_schema(kind)}
