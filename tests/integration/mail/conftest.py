import pytest

from tests.integration.mail.smtp import Inbox


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()
