"""Traces by OpenTelemetry, sent as the standard OTEL_* variables say; nothing at all without an endpoint.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Arguments, variables and tokens are never in spans.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PATIENCE: Final = 2.0
_W3C: Final = TraceContextTextMapPropagator()
_provider: "TracerProvider | None" = None
_at_end: Final[list[Callable[[], None]]] = []


def is_wanted() -> bool:
    """Returns whether the environment says where traces go."""
    if (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    ):
        return False
    return any(map(os.environ.get, _ENDPOINTS))


def is_on() -> bool:
    return _provider is not None


def provider() -> "TracerProvider":
    assert _provider is not None, "is_on() comes first"
    return _provider


def at_end(undo: Callable[[], None]) -> None:
    """Call ``undo`` when traces are off again."""
    _at_end.append(undo)


@contextmanager
def tracing(part: str) -> Iterator[None]:
    """Send traces of this process while the block runs, if that is wanted; ``part``: api, worker, scheduler,
    dev."""
    global _provider
    if not is_wanted():
        yield
        return
    from infra.telemetry.conventions import prefer_stable_names
    from infra.telemetry.tracer_provider import make_provider

    prefer_stable_names()
    _provider = made = make_provider(part)
    try:
        yield
    finally:
        _provider = None
        while _at_end:
            _at_end.pop()()
        _stop(made)


def _stop(made: "TracerProvider") -> None:
    """What is left is sent, unless it cannot be: a process that is to end does not wait for a collector."""
    ending = threading.Thread(target=made.shutdown, daemon=True)
    ending.start()
    ending.join(_PATIENCE)


NO_SPAN: Final = nullcontext(trace.INVALID_SPAN)


def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: str | None = None,
    links: Sequence[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> AbstractContextManager[Span]:
    """Make the block a span within the current one, or within ``parent``, a traceparent; so are ``links``.

    Of an exception it says its type alone: messages may hold what they should not.
    """
    if _provider is None:
        return NO_SPAN
    return _span(_provider, name, kind, parent, links, attributes)


@contextmanager
def _span(
    provider: "TracerProvider",
    name: str,
    kind: SpanKind,
    parent: str | None,
    links: Sequence[str],
    attributes: Mapping[str, AttributeValue] | None,
) -> Iterator[Span]:
    tracer = provider.get_tracer("rushcart")
    context = None if parent is None else _context(parent)
    with tracer.start_as_current_span(
        name,
        context,
        kind,
        attributes,
        [Link(linked) for text in links if (linked := _span_context(text)).is_valid],
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR))
            current.set_attribute("error.type", type(error).__name__)
            raise


def note_span(
    name: str,
    kind: SpanKind,
    begun_ns: int,
    *,
    parent: str,
    links: Sequence[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> None:
    """Note a span in another trace, for what was done for many at once, from ``begun_ns`` until now."""
    if _provider is None or not _span_context(parent).is_valid:
        return
    linked = [Link(context) for text in links if (context := _span_context(text)).is_valid]
    tracer = _provider.get_tracer("rushcart")
    tracer.start_span(name, _context(parent), kind, attributes, linked, begun_ns).end()


def traceparent() -> str | None:
    """Returns the traceparent of the current span; None when there is none that is sent."""
    if _provider is None or not trace.get_current_span().get_span_context().trace_flags.sampled:
        return None
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """Returns the trace id of the current span, in hex; None when there is none that is sent."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.trace_flags.sampled else None


def _context(text: str) -> Context:
    return _W3C.extract({"traceparent": text}, Context())


def _span_context(text: str) -> trace.SpanContext:
    return trace.get_current_span(_context(text)).get_span_context()
