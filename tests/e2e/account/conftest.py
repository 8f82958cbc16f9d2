import pytest

from tests.mailbox import Mailbox
from tests.server import Server


@pytest.fixture
async def mailbox(server: Server) -> Mailbox:
    return Mailbox(server.infra.settings.home)
