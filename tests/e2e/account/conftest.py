import pytest

from tests.e2e.shop import Shop
from tests.mailbox import Mailbox
from tests.server import Server


@pytest.fixture
async def shop(server: Server) -> Shop:
    return Shop(server)


@pytest.fixture
async def mailbox(server: Server) -> Mailbox:
    return Mailbox(server.infra.settings.home)
