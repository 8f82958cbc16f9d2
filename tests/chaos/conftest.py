"""Fixtures: the fleet on a database of its own, and rushes on items of their own."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from chaos.fleet import Fleet
from infra.migrations import upgrade
from infra.stack import Stack
from models.flash_sale_document import FlashItemDoc
from services.shared.events import ALL_TOPICS
from settings import Settings
from settings.settings import fields
from tests.chaos.buyers import Rush, sign_up
from tests.factories import running_sale
from tests.modes import on_server, stack_settings
from tests.observer import observer
from tests.running import forked

BUYERS = 90
UNITS = 36
FIRST = 24
"""So many buyers come first where there are two waves: units must be left for the others."""


class NewRush(Protocol):
    def __call__(
        self, fleet: Fleet, item: FlashItemDoc | None = None, units: int = UNITS, buyers: int = BUYERS
    ) -> Awaitable[Rush]: ...


@pytest.fixture(scope="package")
def stack() -> Stack:
    home = os.environ.get("RUSHCART_TEST_STACK_HOME")
    if not home:
        pytest.skip("no stack of our own to stop and start: run the suite with `make test`")
    return Stack.attach(Path(home))


@pytest.fixture(scope="package")
async def chaos_settings(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """A migrated, empty database, an empty Redis, topics of our own."""
    name = f"rushcart_chaos_{uuid4().hex[:12]}"
    settings = stack_settings(tmp_path_factory.mktemp("chaos"), name)
    ours = {"kafka_prefix": f"c{uuid4().hex[:8]}.", "payment_providers": ("sandbox", "manual")}
    settings = settings.model_copy(update=ours)
    async with Redis.from_url(settings.redis_dsn) as redis:
        await redis.flushdb()
    await on_server(settings, f"CREATE DATABASE {name}")
    await asyncio.to_thread(upgrade, settings)
    async with observer(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
    yield settings
    await on_server(settings, f"DROP DATABASE {name}")


@pytest.fixture(scope="package")
async def shared_fleet(chaos_settings: Settings) -> AsyncIterator[Fleet]:
    fleet = Fleet.on(chaos_settings, chaos_settings.home, launch=forked.start)
    try:
        await fleet.complete()
        yield fleet
        await fleet.stop()
    finally:
        fleet.kill()


@pytest.fixture
async def fleet(shared_fleet: Fleet) -> AsyncIterator[Fleet]:
    """All of it running and ready. Its logs are shown when the test fails."""
    await shared_fleet.complete()
    yield shared_fleet
    print(shared_fleet.tails())


@pytest.fixture
async def fleet_of_its_own(
    chaos_settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Fleet]:
    """One API, one worker and a scheduler on topics of their own, with the settings that the test is given as
    parameters."""
    changed = {"home": tmp_path, "kafka_prefix": f"c{uuid4().hex[:8]}."}
    given = {name: value for name, value in request.node.callspec.params.items() if name in dict(fields())}
    settings = chaos_settings.model_copy(update=changed | given)
    async with observer(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
    fleet = Fleet.on(settings, tmp_path, pairs=1, launch=forked.start)
    try:
        await fleet.complete()
        yield fleet
        print(fleet.tails())
        await fleet.stop()
    finally:
        fleet.kill()


@pytest.fixture
def new_rush() -> NewRush:
    """90 buyers before the door of a sale of 36 units; the sale is new if not given."""

    async def make(
        fleet: Fleet, item: FlashItemDoc | None = None, units: int = UNITS, buyers: int = BUYERS
    ) -> Rush:
        async with observer(fleet.settings) as infra:
            item = item or await running_sale(infra, quantity=units, on_hand=units)
            return Rush(fleet.urls, item, await sign_up(infra, buyers))

    return make


@pytest.fixture
async def rush(fleet: Fleet, new_rush: NewRush) -> Rush:
    return await new_rush(fleet)
