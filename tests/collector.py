"""OTLP receivers: what an OpenTelemetry collector or Jaeger would take, kept to be looked at."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.app_server import serving


@dataclass(frozen=True, slots=True)
class Seen:
    """Ids in hex; ``parent`` is empty for the first of a trace."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, str | int]
    is_error: bool


@dataclass
class Collector:
    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        body = gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body
        self.raw.append(body)
        self.keep(ExportTraceServiceRequest.FromString(body))
        return Response(
            ExportTraceServiceResponse().SerializeToString(), headers={"content-type": "application/x-protobuf"}
        )

    def keep(self, told: ExportTraceServiceRequest) -> None:
        for resource in told.resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_seen(named["service.name"], span) for span in scope.spans]

    def trace(self, trace_id: str) -> list[Seen]:
        return [span for span in self.spans if span.trace == trace_id]


def _seen(service: str, span: "object") -> Seen:
    return Seen(
        service,
        span.name,  # type: ignore[attr-defined]  # protobuf makes its classes at run time
        span.kind,  # type: ignore[attr-defined]
        span.trace_id.hex(),  # type: ignore[attr-defined]
        span.span_id.hex(),  # type: ignore[attr-defined]
        span.parent_span_id.hex(),  # type: ignore[attr-defined]
        tuple(link.span_id.hex() for link in span.links),  # type: ignore[attr-defined]
        {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes},  # type: ignore[attr-defined]
        span.status.code == 2,  # type: ignore[attr-defined]
    )


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])])
    async with serving(app) as url:
        collector.url = url
        yield collector


class _Service(TraceServiceServicer):
    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def Export(self, request: ExportTraceServiceRequest, _context: object) -> ExportTraceServiceResponse:
        self._collector.keep(request)
        return ExportTraceServiceResponse()


@asynccontextmanager
async def collecting_grpc() -> AsyncIterator[Collector]:
    """The same over gRPC."""
    collector, server = Collector(), grpc.aio.server()
    add_TraceServiceServicer_to_server(_Service(collector), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    collector.url = f"http://127.0.0.1:{port}"
    await server.start()
    try:
        yield collector
    finally:
        await server.stop(1)
