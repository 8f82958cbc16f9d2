"""The folder of local data is for nobody else, whatever makes it first."""

import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from infra.embedded import own_valkey
from infra.migrations import migration_lock
from services.mail.file_mailer import FileMailer
from services.mail.mailer import Mail
from services.payment.sandbox.secret import webhook_secret
from settings import Settings


async def _valkey(settings: Settings) -> None:
    with own_valkey(settings):
        pass


async def _database(settings: Settings) -> None:
    async with migration_lock(settings):
        pass


async def _mail(settings: Settings) -> None:
    mail = Mail(uuid4(), "ada@example.com", "en", "Hello", "Hello", "<p>Hello", datetime.now(UTC))
    await FileMailer(settings.home / "mail", "shop@example.com").send(mail)


async def _secret(settings: Settings) -> None:
    webhook_secret(settings)


MADE_BY: list[Callable[[Settings], Awaitable[None]]] = [_valkey, _database, _mail, _secret]


@pytest.mark.parametrize("make", MADE_BY)
async def test_the_home_is_private(make: Callable[[Settings], Awaitable[None]], tmp_path: Path) -> None:
    home = tmp_path / "in a new folder" / "home"
    await make(Settings(home=home))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    webhook_secret(Settings(home=tmp_path))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
