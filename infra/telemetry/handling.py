"""Spans of messages that are handled together.

One alone is handled within its own trace. A batch is a span of its own that links to each, and each one's trace
has a span as long, with a link back:
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#batch-processing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from infra.telemetry import tracing


@contextmanager
def handling(name: str, traceparents: Sequence[str | None]) -> Iterator[None]:
    """Trace the block, for as many messages as ``traceparents``, None for those that are not traced."""
    known = [text for text in traceparents if text]
    if not tracing.is_on() or not known:
        yield
        return
    if len(traceparents) == 1:
        with tracing.span(name, SpanKind.CONSUMER, parent=known[0]):
            yield
        return
    begun = time.time_ns()
    with tracing.span(f"{name} batch", SpanKind.CONSUMER, links=known, attributes={"messages": len(traceparents)}):
        batch = tracing.traceparent()
        yield
        for text in known:
            tracing.note_span(name, SpanKind.CONSUMER, begun, parent=text, links=[batch] if batch else [])
