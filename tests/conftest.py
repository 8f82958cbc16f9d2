"""Fixtures: an ``Infra`` on fresh stores, and a server over HTTP on them, in both modes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from infra.cache import hearing
from infra.embedded_valkey import EmbeddedValkey
from infra.migrations import upgrade
from infra.runtime import Infra, open_infra
from services.catalog import views as catalog_views
from services.shared.events import ALL_TOPICS
from services.stock import views as stock_views
from settings import Settings
from tests.event_contract import PROBLEMS, watch_outbox
from tests.modes import EMBEDDED, MODES, STACK, Template, fresh_stores, on_server, stack_settings
from tests.server import Server, serve

watch_outbox()


@pytest.fixture(autouse=True)
def events_keep_their_contract() -> Iterator[None]:
    PROBLEMS.clear()
    yield
    assert PROBLEMS == []


@pytest.fixture(scope="session", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
async def template(mode: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Template]:
    """A migrated, empty database and a running Redis, made once a mode."""
    home = tmp_path_factory.mktemp(mode)
    if mode == EMBEDDED:
        valkey = EmbeddedValkey.start(home)
        settings = Settings(home=home, database_url=None, kafka_bootstrap_servers=None).with_redis(valkey.url)
        await asyncio.to_thread(upgrade, settings)
        yield Template(mode, settings)
        valkey.stop()
        return
    name = f"rushcart_test_{uuid4().hex[:12]}"
    settings = stack_settings(home, name)
    await on_server(settings, f"CREATE DATABASE {name}")
    await asyncio.to_thread(upgrade, settings)
    yield Template(STACK, settings)
    await on_server(settings, f"DROP DATABASE {name}")


@pytest.fixture
def store_timeout() -> float:
    """Seconds. A busy machine's stores are slow, not down: only tests of stores that are down ask for less."""
    return 5.0


@pytest.fixture
async def settings(template: Template, tmp_path: Path, store_timeout: float) -> AsyncIterator[Settings]:
    async with fresh_stores(template, tmp_path) as fresh:
        yield fresh.model_copy(update={"store_timeout": store_timeout})


@pytest.fixture
async def infra(settings: Settings) -> AsyncIterator[Infra]:
    """The plumbing on fresh stores. No worker runs unless the test runs one."""
    async with open_infra(settings) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """A server and its worker on fresh stores, over real HTTP on a free port of the loopback address."""
    async with serve(settings) as running:
        yield running


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator["Redis"]:
    """A client of the test's own."""
    client = Redis.from_url(settings.redis_dsn)
    yield client
    with suppress(ConnectionError):
        await client.aclose()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for a second is kept for a minute: a busy machine's statements are those of an idle one."""
    for place in (stock_views, catalog_views):
        monkeypatch.setattr(place, "COUNT_TTL", 60.0)
    monkeypatch.setattr(hearing, "LEASE", 60.0)
