"""The envelope of every message: CloudEvents 1.0, JSON format."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from infra.ids import new_id
from infra.telemetry import tracing

MEDIA_TYPE: Final = "application/cloudevents+json"
"""Bare: with a charset some readers take it for another, and some copy it into the event."""


class MalformedEvent(Exception):
    """The message is not an event of ours; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """``subject`` is the id of the thing it tells of; it is also the message's key."""

    type: str
    subject: str
    data: dict[str, Any]
    traceparent: str | None = None


def envelope(event: CloudEvent, at: datetime) -> dict[str, Any]:
    """Make an envelope with the distributed tracing extension."""
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": "/rushcart",
        "type": event.type,
        "subject": event.subject,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": event.data,
    }
    traceparent = event.traceparent or tracing.traceparent()
    if traceparent:
        made["traceparent"] = traceparent
    return made


def encode(event: CloudEvent, at: datetime) -> bytes:
    return orjson.dumps(envelope(event, at))


def decode_envelope(value: bytes) -> dict[str, Any]:
    """Decode all of it. Errors: MalformedEvent."""
    try:
        raw = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise MalformedEvent(f"not JSON: {error}") from error
    if not isinstance(raw, dict) or raw.get("specversion") != "1.0":
        raise MalformedEvent("not a CloudEvents 1.0 envelope")
    return raw


def traceparent_of(value: bytes) -> str | None:
    """Returns the trace that the message was sent in, if it says so."""
    try:
        text = decode_envelope(value).get("traceparent")
    except MalformedEvent:
        return None
    return text if isinstance(text, str) else None


def decode(value: bytes) -> CloudEvent:
    """Errors: MalformedEvent."""
    raw = decode_envelope(value)
    kind, subject, data = raw.get("type"), raw.get("subject"), raw.get("data")
    if not (isinstance(kind, str) and isinstance(subject, str) and isinstance(data, dict)):
        raise MalformedEvent("type, subject or data is missing")
    traceparent = raw.get("traceparent")
    return CloudEvent(kind, subject, data, traceparent if isinstance(traceparent, str) else None)
