"""Fixtures: an ``Infra`` on fresh stores, and a server over HTTP on them, in both modes."""

import time
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import SimpleNamespace

import hypothesis  # noqa: F401 - when it is imported it looks for objects that must not be frozen yet
import pytest
import uvloop
from redis.asyncio import Redis

from graphql_api import public_answers
from infra import garbage
from infra.cache import hearing
from infra.runtime import Infra, open_infra
from services.catalog import views as catalog_views
from services.flash_sale import warm_flash_sales
from services.stock import views as stock_views
from settings import Settings
from tasks import look
from tests.ended_connections import tell_of_ended_connections
from tests.event_contract import PROBLEMS, watch_outbox
from tests.modes import MODES, Template, Templates, fresh_stores, have_topics
from tests.passwords import cheapen
from tests.running.groups import rank
from tests.running.spreading import Spreading
from tests.server import Server, serve
from tests.statements import compile_once
from tests.trust import trust_once
from tests.workers import working

garbage.collect_seldom()
cheapen()
compile_once()
trust_once()
tell_of_ended_connections()
watch_outbox()
# So that nothing is done in time that the look does not see.
look.AT_THE_LATEST = 120.0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.nodeid))


def pytest_collection_finish() -> None:
    """All is imported, and lives as long as the process: as in servers, it is never looked at again."""
    garbage.settle()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--workers", type=int, default=1, help="processes that run tests beside each other")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Without several workers it is pytest's own."""
    options = session.config.option
    if options.workers < 2 or options.collectonly or session.testsfailed:
        return None
    Spreading(session).run(options.workers)
    return True


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    """Tests run on the loop that servers run on; asyncio's own takes a fifth more of a processor."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def events_keep_their_contract() -> Iterator[None]:
    PROBLEMS.clear()
    yield
    assert PROBLEMS == []


@pytest.fixture(scope="session", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
async def templates(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Templates]:
    """A migrated, empty database and a running Redis a mode, made once."""
    async with AsyncExitStack() as lasting:
        yield Templates(lasting, tmp_path_factory.mktemp("templates"))


@pytest.fixture
async def template(mode: str, templates: Templates) -> Template:
    return await templates.of(mode)


@pytest.fixture
def store_timeout() -> float:
    """Seconds. A busy machine's stores are slow, not down: only tests of stores that are down ask for less.

    Not more either: counters are loaded again after twice as long, unless they ``settles_soon``.
    """
    return 5.0


@pytest.fixture
def settles_soon() -> Iterator[None]:
    """Counters are loaded after a moment: no request of before the loss is under way."""
    with pytest.MonkeyPatch.context() as patched:  # not the test's own, which it may undo
        patched.setattr(warm_flash_sales, "requests_patience", lambda _: 0.1)
        yield


@pytest.fixture
async def settings(template: Template, tmp_path: Path, store_timeout: float) -> AsyncIterator[Settings]:
    async with fresh_stores(template, tmp_path) as fresh:
        yield fresh.model_copy(update={"store_timeout": store_timeout})


@pytest.fixture
async def infra(settings: Settings) -> AsyncIterator[Infra]:
    """The plumbing on fresh stores. No worker runs unless the test runs one."""
    async with open_infra(settings) as opened:
        await have_topics(opened)
        yield opened


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """A server on fresh stores, over real HTTP on a free port of the loopback address."""
    async with serve(settings) as running:
        yield running


@pytest.fixture
async def worker(server: Server) -> AsyncIterator[None]:
    """A whole worker and scheduler behind the server, for tests of what happens there."""
    async with working(server.infra):
        yield


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator["Redis"]:
    """A client of the test's own."""
    client = Redis.from_url(settings.redis_dsn)
    yield client
    with suppress(ConnectionError):
        await client.aclose()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for some seconds is kept for a minute: a busy machine's statements are those of an idle one."""
    for place in (stock_views, catalog_views):
        monkeypatch.setattr(place, "COUNT_TTL", 60.0)
    monkeypatch.setattr(catalog_views, "MEMORY_TTL", 60.0)
    monkeypatch.setattr(public_answers, "time", SimpleNamespace(monotonic=lambda: time.monotonic() / 60))
    monkeypatch.setattr(hearing, "LEASE", 60.0)
