from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from infra.runtime import open_infra
from services.session.access_tokens import AccessTokens
from settings import Settings
from tests.integration.sessions.desk import GRACE, Clock, Desk


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    clock = Clock()
    # A refresh waits for the one before it: twenty on two cores are no measure of a store's health.
    patient = settings.model_copy(update={"refresh_grace": GRACE, "store_timeout": 10.0})
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(open_infra(patient, clock=clock)) for _ in range(2)]
        yield Desk((one, two), AccessTokens.from_settings(patient, clock), clock)
