import pytest

from tests.e2e.shop import Shop
from tests.server import Server


@pytest.fixture
async def shop(server: Server) -> Shop:
    return Shop(server)
