"""An event is declared once, as a class: what is written, read and documented of it comes from its fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform

import orjson

from infra.cloudevents import CloudEvent, MalformedEvent, decode, envelope
from services.shared.event_fields import Schema, fields_of, object_schema, read_fields, write_object

# UUID(5) is an AttributeError, a time in the year 10^9 an OverflowError.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass_transform(frozen_default=True)
class Event:
    """Each subclass is a frozen dataclass; one with a ``type`` is an event, one without what several share.

    ``whole``: the data is the one field's document itself.
    """

    topic: ClassVar[str]
    type: ClassVar[str]
    whole: ClassVar[bool] = False

    def __init_subclass__(
        cls, *, topic: str | None = None, type: str | None = None, whole: bool | None = None
    ) -> None:
        dataclass(frozen=True)(cls)
        cls.topic, cls.whole = topic or cls.topic, cls.whole if whole is None else whole
        if type is not None:
            cls.type = type
            KINDS[type] = cls

    @property
    def key(self) -> str:
        """Of the message: those of one key come in order. It is the envelope's subject too."""
        raise NotImplementedError


KINDS: Final[dict[str, type[Event]]] = {}
"""All events by their types, in the order of their declaration: ``services.shared.events`` has them."""

E = TypeVar("E", bound=Event)


def data_schema(kind: type[Event]) -> Schema:
    return fields_of(kind)[0].codec.schema if kind.whole else object_schema(kind)


def to_envelope(event: Event, at: datetime, traceparent: str | None = None) -> dict[str, Any]:
    """Returns the message, with the trace that is under way unless another is named."""
    data: Any = write_object(event)
    if event.whole:
        [data] = data.values()
    return envelope(CloudEvent(event.type, event.key, data, traceparent), at)


def encode(event: Event, at: datetime, traceparent: str | None = None) -> bytes:
    return orjson.dumps(to_envelope(event, at, traceparent))


def _values(kind: type[Event], data: dict[str, Any]) -> dict[str, Any]:
    if not kind.whole:
        return read_fields(kind, data)
    [field] = fields_of(kind)
    return {field.name: field.codec.read(data)}


def read_event(value: bytes, *wanted: type[E]) -> E | None:
    """Returns the event when it is one of those; None when it is another. Errors: MalformedEvent."""
    raw = decode(value)
    kind = KINDS.get(raw.type)
    if kind is None or not issubclass(kind, wanted):
        return None
    try:
        return kind(**_values(kind, raw.data))
    except _UNREADABLE as error:
        raise MalformedEvent(f"not {raw.type}: {error!r}") from error
