"""A short run of ``rushcart chaos``: everything goes wrong in turn, and nothing is lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from chaos.faults import FAULTS
from chaos.run import Options, play
from chaos.shoppers import ORDER
from infra.migrations import upgrade
from infra.stack import Stack
from settings import Settings
from tests.modes import on_server, stack_settings
from tests.running import forked

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
async def empty(stack: Stack, tmp_path: Path) -> AsyncIterator[Settings]:
    """A database and topics of its own, and a Redis without anything."""
    name = f"rushcart_chaos_{uuid4().hex[:12]}"
    settings = stack_settings(tmp_path, name).model_copy(
        update={"kafka_prefix": f"c{uuid4().hex[:8]}.", "payment_timeout": 6.0, "payment_providers": ("sandbox",)}
    )
    async with Redis.from_url(settings.redis_dsn) as redis:
        await redis.flushdb()
    await on_server(settings, f"CREATE DATABASE {name}")
    await asyncio.to_thread(upgrade, settings)
    yield settings
    await on_server(settings, f"DROP DATABASE {name}")


async def test_nothing_is_lost_and_nothing_doubled(stack: Stack, empty: Settings) -> None:
    told: list[float] = []
    options = Options(seconds=14.0, shoppers=20, units=120, seed=38)
    outcome = await play(
        options, empty, stack, lambda passed, tally, faults: told.append(passed), launch=forked.start
    )
    found = outcome.verdict
    print(outcome)
    assert (found.lost, found.doubled, found.books, outcome.tally.strange) == ([], [], [], [])
    assert found.money.wrong == []
    assert found.money.taken > found.money.given_back > 0
    assert found.sold + found.left == found.units == 120
    # It was no quiet day.
    assert outcome.faults.total() >= 3
    assert outcome.faults.keys() <= {fault.name for fault in FAULTS}
    assert found.accepted > 30
    assert +Counter({name: n for name, n in outcome.tally.outcomes.items() if name != ORDER})
    assert told == sorted(told)
    assert found.cancelled > 0
