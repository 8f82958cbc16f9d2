from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra.stack import Stack
from tests.integration.stack.bring_up import bring_up


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[Stack]:
    stack = bring_up(home)
    yield stack
    stack.down(purge=True)


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(stack.env()["RUSHCART_DATABASE_URL"], poolclass=NullPool)
    yield engine
    await engine.dispose()
