"""What a client may send, and how slowly: the rest is refused, counted and cut off; nobody else waits for it."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from typing import Final

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from infra.open_files import allow_open_files, connections_within
from server import connections
from server.guarded_http import MAX_HEAD, MAX_HEADERS
from settings import Settings
from tests.raw_http import LARGE, Site, connected, ended, served
from tests.waiting import until

GET: Final = b"GET / HTTP/1.1\r\nhost: x\r\n"
POST: Final = b"POST / HTTP/1.1\r\nhost: x\r\n"
CHUNKED: Final = POST + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n"
UPGRADE: Final = (
    b"GET /socket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
)
QUICK: Final = {"head_timeout": 0.3, "body_timeout": 60.0, "body_min_rate": 1000, "send_timeout": 0.3}


def padded(head: bytes, size: int = MAX_HEAD) -> bytes:
    """A whole head of so many bytes."""
    return head + b"x: " + b"a" * (size - len(head) - 7) + b"\r\n\r\n"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with served(Settings(port=0)) as found:
        yield found


@pytest.fixture
async def quick() -> AsyncIterator[Site]:
    """Short limits."""
    async with served(Settings(port=0, **QUICK)) as found:  # type: ignore[arg-type]
        yield found


async def test_a_head_has_a_size(site: Site) -> None:
    async with connected(site) as client:
        for _ in range(2):  # the second request of a connection too
            client.send(padded(GET))
            assert (await client.answer()).startswith(b"HTTP/1.1 200 ")
        client.send(GET + b"a: b\r\n" * (MAX_HEADERS - 1) + b"\r\n")
        assert (await client.answer()).startswith(b"HTTP/1.1 200 ")
    assert site.answered == 3


TOO_LARGE: Final = {
    "a byte more": padded(GET, MAX_HEAD + 1),
    "far more, without an end": GET + b"x: " + b"a" * 3_000_000,
    "a long path": b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "many headers": GET + b"a: b\r\n" * MAX_HEADERS + b"\r\n",
    "very many headers": GET + b"a: b\r\n" * 100_000,
    "a websocket": padded(UPGRADE, MAX_HEAD + 1),
    "a websocket's long line": padded(UPGRADE, 10_000),
    "trailers": CHUNKED + b"0\r\nx: " + b"a" * 100_000,
    "a chunk's extension": CHUNKED + b"2;" + b"a" * 100_000,
}


async def test_more_is_refused_and_the_connection_ends(site: Site) -> None:
    for what, sent in TOO_LARGE.items():
        async with connected(site) as client:
            client.send(sent)
            answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n"), what
        assert b"onnection: close\r\n" in answer, what
        assert answer.count(b"HTTP/1.1") == 1, what
    assert site.answered == 0


async def test_it_is_refused_behind_other_requests_and_in_pieces(site: Site) -> None:
    async with connected(site) as client:
        client.send(GET + b"\r\n")
        assert (await client.answer()).startswith(b"HTTP/1.1 200 ")
        before = ended("head_too_large")
        for _ in range(MAX_HEAD // 1024):
            client.send(b"GET / HTTP/1.1\r\nx: " + b"a" * 1_006 if _ == 0 else b"a" * 1024)
        answer = await client.rest()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"HEADERS_TOO_LARGE"' in answer
    assert ended("head_too_large") == before + 1


async def test_trailers_are_no_headers(site: Site) -> None:
    async with connected(site) as client:
        client.send(CHUNKED + b"0\r\nx-forwarded-for: 6.6.6.6\r\n\r\n")
        assert (await client.answer()).endswith(b'{"bytes":2,"names":["host","transfer-encoding"]}')
        client.send(GET + b"\r\n")
        assert (await client.answer()).endswith(b'{"bytes":0,"names":["host"]}')


async def test_what_is_no_http_is_told_so_once(site: Site) -> None:
    async with connected(site) as client:
        client.send(b"\x16\x03\x01" * 20_000)
        answer = await client.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_who_says_nothing_or_half_is_cut_off(quick: Site) -> None:
    before = ended("slow_head")
    async with (
        connected(quick) as silent,
        connected(quick) as half,
        connected(quick) as second,
        connected(quick) as blank,
    ):
        half.send(GET)
        second.send(GET + b"\r\n")
        blank.send(b"\r\n")
        assert await silent.rest() == b""
        assert (await half.rest()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert (await second.answer()).startswith(b"HTTP/1.1 200 ")
        second.send(GET)
        assert (await second.rest()).startswith(b"HTTP/1.1 408 ")
        assert (await blank.rest()).startswith(b"HTTP/1.1 408 ")
    assert ended("slow_head") == before + 4


async def test_half_a_body_and_a_drop_now_and_then_are_cut_off(quick: Site) -> None:
    before = ended("slow_body")

    async def app_cut_off() -> int:
        return quick.cut_off

    async with connected(quick) as half, connected(quick) as dripping:
        half.send(POST + b"content-length: 5\r\n\r\nab")
        dripping.send(POST + b"transfer-encoding: chunked\r\n\r\n")
        answers = asyncio.gather(half.rest(), dripping.rest())
        while not answers.done():
            dripping.send(b"1\r\na\r\n")
            await asyncio.sleep(0.02)
        for answer in await answers:
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b'"code":"REQUEST_TIMEOUT"' in answer
    await until(app_cut_off, lambda times: times == 2)
    assert (ended("slow_body"), quick.answered) == (before + 2, 0)


async def test_a_body_has_an_end() -> None:
    settings = Settings(port=0, **QUICK | {"body_timeout": 0.3, "body_min_rate": 0})  # type: ignore[arg-type]
    async with served(settings) as site, connected(site) as endless:
        endless.send(POST + b"transfer-encoding: chunked\r\n\r\n")
        answer = asyncio.create_task(endless.rest())
        while not answer.done():
            endless.send(b"64\r\n" + b"a" * 100 + b"\r\n")
            await asyncio.sleep(0.02)
        assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_a_slow_body_passes_and_a_slow_server_is_not_the_clients_fault(quick: Site) -> None:
    async with connected(quick) as slow, connected(quick) as polite, connected(quick) as full:
        slow.send(POST + b"transfer-encoding: chunked\r\n\r\n")
        polite.send(POST.replace(b"/", b"/hesitant", 1) + b"content-length: 2\r\nexpect: 100-continue\r\n\r\n")
        full.send(POST.replace(b"/", b"/hesitant", 1) + b"content-length: 500000\r\n\r\n" + bytes(400_000))
        for _ in range(2):
            async with connected(quick) as silent:  # time passes: more than two heads have
                ending = asyncio.create_task(silent.rest())
                while not ending.done():
                    slow.send(b"1388\r\n" + b"a" * 5_000 + b"\r\n")
                    await asyncio.sleep(0.02)
        slow.send(b"0\r\n\r\n")
        assert (await slow.answer()).startswith(b"HTTP/1.1 200 ")
        quick.go_on.set()
        assert await polite.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        polite.send(b"ab")
        assert b'{"bytes":2,' in await polite.answer()
        full.send(bytes(100_000))
        assert b'{"bytes":500000,' in await full.answer()


async def test_who_takes_nothing_is_dropped_and_who_takes_little_is_not(quick: Site) -> None:
    before = ended("slow_reader")
    async with connected(quick) as stuck, connected(quick) as slow:
        for client in (stuck, slow):
            client.send(GET.replace(b"/", b"/large", 1) + b"\r\n")
        assert (await slow.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        taken = 0
        while ended("slow_reader") == before:
            taken += len(await slow.reader.readexactly(500_000))
            await asyncio.sleep(0.02)
        assert len(await slow.reader.readexactly(LARGE - taken)) > 0
        with suppress(ConnectionError):
            assert len(await stuck.rest()) < LARGE
    assert ended("slow_reader") == before + 1


async def test_silence_gives_way_when_all_places_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    full, silent = ended("full"), ended("silent")
    monkeypatch.setattr(connections, "_FRESH", 60.0)
    with capture_logs() as logs:
        async with served(Settings(port=0, max_connections=10)) as site, connected(site) as known:
            known.send(GET + b"\r\n")
            await known.answer()
            crowd = [connected(site) for _ in range(9)]
            quiet = [await one.__aenter__() for one in crowd]
            async with connected(site) as late:
                refusal = await late.rest()
            assert refusal.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nretry-after: 1\r\n" in refusal
            monkeypatch.setattr(connections, "_FRESH", 0.0)
            async with connected(site) as later:
                later.send(GET + b"\r\n")
                assert (await later.answer()).startswith(b"HTTP/1.1 200 ")
                assert await quiet[0].rest() == b""
                known.send(GET + b"\r\n")
                assert (await known.answer()).startswith(b"HTTP/1.1 200 ")
                assert REGISTRY.get_sample_value("rushcart_http_connections") == 10.0
            for one in crowd:
                await one.__aexit__(None, None, None)
    assert (ended("full"), ended("silent")) == (full + 1, silent + 1)
    told = [line for line in logs if line["event"] == "connections.ended"]
    assert [(line["reasons"], line["most"]) for line in told] == [({"full": 1}, 10)]


async def test_who_rests_gives_way_when_nobody_is_silent() -> None:
    async with served(Settings(port=0, max_connections=10)) as site, AsyncExitStack() as crowd:
        resting = [await crowd.enter_async_context(connected(site)) for _ in range(10)]
        for one in resting:
            one.send(GET + b"\r\n")
            await one.answer()
        resting[0].send(GET + b"\r\n")
        await resting[0].answer()
        ending = asyncio.create_task(resting[1].rest())
        await until(partial(_is_let_in, site), bool)
        assert await ending == b""
        resting[0].send(GET + b"\r\n")
        assert (await resting[0].answer()).startswith(b"HTTP/1.1 200 ")


async def _is_let_in(site: Site) -> bool:
    async with connected(site) as late:
        late.send(GET + b"\r\n")
        return (await late.answer()).startswith(b"HTTP/1.1 200 ")


@contextmanager
def files_allowed(soft: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_connections_leave_files_to_the_stores() -> None:
    with files_allowed(900):
        assert allow_open_files(800) == 900
        assert allow_open_files(1_000) == 1_000
    assert [connections_within(files) for files in (256, 400, 1024, 20_000)] == [128, 200, 824, 19_800]
