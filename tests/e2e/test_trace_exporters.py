"""Where spans go: by which protocol, to nobody, and to a collector that is away."""

import time

import pytest

from infra.telemetry.tracing import is_on, is_wanted, span, tracing
from settings import Settings
from tests.collector import Seen, collecting_grpc
from tests.modes import ONE_MODE
from tests.server import serve
from tests.waiting import pause, until


@ONE_MODE
async def test_over_grpc_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is sent without an endpoint, or when the SDK is told to be off."""
    async with collecting_grpc() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "a-name-of-its-own")
        with tracing("test"):
            async with serve(settings) as server:
                await server.graphql("{ me { id } }")

                async def seen() -> list[Seen]:
                    return [span for span in collector.spans if span.name == "query me"]

                [span] = await until(seen, bool)
                assert span.service == "a-name-of-its-own"
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        assert not is_wanted()
        monkeypatch.delenv("OTEL_SDK_DISABLED")
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
        assert not is_wanted()
        monkeypatch.delenv("OTEL_TRACES_EXPORTER")
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
        assert not is_wanted()


def test_a_collector_that_is_away_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    begun = time.monotonic()
    with tracing("test"), span("lost"):
        assert is_on()
    assert time.monotonic() - begun < 2 + pause()
    assert not is_on()
