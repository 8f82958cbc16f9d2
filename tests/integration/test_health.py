"""/readyz says which store is down, in time, whatever the store does."""

import asyncio
from time import perf_counter

import httpx
import pytest
from pydantic import SecretStr

from graphql_api.app import build_app
from infra.runtime import open_infra
from settings import Settings
from tests.waiting import pause


@pytest.fixture
def store_timeout() -> float:
    """What is set by default: it is about the time."""
    return 0.8


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, and never answer."""
    await reader.read()
    writer.close()


async def test_a_store_that_hangs_is_named_within_a_second(settings: Settings) -> None:
    async with await asyncio.start_server(_silent, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        hanging = settings.model_copy(update={"redis_url": SecretStr(f"redis://127.0.0.1:{port}/0")})
        async with open_infra(hanging) as infra:
            transport = httpx.ASGITransport(build_app(infra))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
                started = perf_counter()
                reply = await http.get("/readyz")
                assert perf_counter() - started < 1.0 + pause()
                assert (await http.get("/healthz")).status_code == 200
    assert reply.status_code == 503
    answer = reply.json()
    assert answer["status"] == "unready"
    assert answer["stores"]["redis"]["status"] == "down"
    assert answer["stores"]["database"]["status"] == "up"


async def test_a_server_is_ready_once_its_event_log_is(settings: Settings) -> None:
    async with open_infra(settings) as infra, asyncio.timeout(60):
        http = httpx.AsyncClient(transport=httpx.ASGITransport(build_app(infra)), base_url="http://test")
        # The event log connects beside the start: until it has, the server says that it is not ready.
        while (reply := await http.get("/readyz")).status_code != 200:
            assert reply.json()["stores"]["database"]["status"] == "up"
        assert reply.json()["status"] == "ready"
