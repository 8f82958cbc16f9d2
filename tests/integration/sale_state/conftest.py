from collections.abc import AsyncIterator

import pytest

from infra.runtime import Infra, open_infra
from settings import Settings


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process."""
    async with open_infra(settings) as opened:
        yield opened
