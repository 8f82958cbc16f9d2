from collections.abc import AsyncIterator

import pytest

from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.integration.public_answers.asking import fresh, serving
from tests.server import Server
from tests.waiting import until


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serving(settings) as running:
        yield running


@pytest.fixture(autouse=True)
async def hears(server: Server) -> None:
    await server.infra.events.ensure_topics(ALL_TOPICS)
    await until(lambda: fresh(server.infra), bool)
