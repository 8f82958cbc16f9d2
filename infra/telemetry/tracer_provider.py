"""OpenTelemetry's SDK, as the environment configures it. Imported only where traces are wanted."""

import os
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from infra.extras import extra
from infra.version import version


def make_provider(part: str) -> TracerProvider:
    """Make a provider; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before what we say."""
    ours = {"service.version": version()}
    if "service.name" not in OTELResourceDetector().detect().attributes:
        ours["service.name"] = f"rushcart-{part}"
    resource = Resource.create(ours)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.sampler = _NoLonelyCalls(provider.sampler)
    provider.add_span_processor(BatchSpanProcessor(_exporter()))
    return provider


def _exporter() -> SpanExporter:
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL"
    )
    if protocol == "grpc":
        grpc = ("grpc", "opentelemetry.exporter.otlp.proto.grpc")
        with extra("otlp-grpc", *grpc, wanted_for="OTEL_EXPORTER_OTLP_PROTOCOL is grpc"):
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc

        return Grpc()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http

    return Http()


class _NoLonelyCalls(Sampler):
    """A call of a store that is part of nothing is none of interest: loops look for work many times a second."""

    def __init__(self, configured: Sampler) -> None:
        self._configured = configured

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if kind == SpanKind.CLIENT and not get_current_span(parent_context).get_span_context().is_valid:
            return SamplingResult(Decision.DROP)
        return self._configured.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"NoLonelyCalls({self._configured.get_description()})"
