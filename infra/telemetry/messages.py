"""Spans of messages: sent one by one, handled together.

One alone is handled within its own trace. A batch is a span of its own that links to each, and each one's trace
has a span as long, with a link back:
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#batch-processing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.semconv._incubating.attributes.messaging_attributes import (
    MESSAGING_BATCH_MESSAGE_COUNT,
    MESSAGING_CONSUMER_GROUP_NAME,
    MESSAGING_DESTINATION_NAME,
    MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE,
)
from opentelemetry.trace import Span, SpanKind

from infra.telemetry import tracing
from infra.telemetry.conventions import Attributes


def sending(topic: Attributes) -> AbstractContextManager[Span]:
    """Trace the block, which sends one message to ``topic``, as the event log describes it."""
    if not tracing.is_on():
        return tracing.NO_SPAN
    return tracing.span(_name("send", topic), SpanKind.PRODUCER, attributes=_doing("send", topic))


@contextmanager
def handling(topic: Attributes, group: str, traceparents: Sequence[str | None]) -> Iterator[None]:
    """Trace the block, for as many messages as ``traceparents``, None for those that are not traced."""
    known = [text for text in traceparents if text]
    if not tracing.is_on() or not known:
        yield
        return
    name = _name("process", topic)
    attributes = {**_doing("process", topic), MESSAGING_CONSUMER_GROUP_NAME: group}
    if len(traceparents) == 1:
        with tracing.span(name, SpanKind.CONSUMER, parent=known[0], attributes=attributes):
            yield
        return
    begun = time.time_ns()
    whole = {**attributes, MESSAGING_BATCH_MESSAGE_COUNT: len(traceparents)}
    with tracing.span(name, SpanKind.CONSUMER, links=known, attributes=whole):
        batch = tracing.traceparent()
        yield
        for text in known:
            links = [batch] if batch else []
            tracing.note_span(name, SpanKind.CONSUMER, begun, parent=text, links=links, attributes=attributes)


def _name(operation: str, topic: Attributes) -> str:
    return f"{operation} {topic[MESSAGING_DESTINATION_NAME]!s}"


def _doing(operation: str, topic: Attributes) -> Attributes:
    return {**topic, MESSAGING_OPERATION_NAME: operation, MESSAGING_OPERATION_TYPE: operation}
