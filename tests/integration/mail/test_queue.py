"""What is queued is sent once, again after failures, and given up in the end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from infra.clock import Clock
from infra.runtime import Infra, open_infra
from models import AccountToken, MailKind, QueuedMail, User
from services.account.request_password_reset import request_password_reset
from services.account.reset_password import reset_password
from services.account.tidy_accounts import tidy_accounts
from services.mail.file_mailer import FileMailer
from services.mail.mailer import Mail, Mailer, MailNotSent, MailRefused
from services.mail.queue_mail import queue_for
from services.mail.send_due_mails import BATCH, MAX_ATTEMPTS, send_due_mails
from services.user.register import register
from settings import Settings
from tests.commands import rushcart
from tests.integration.mail.smtp import SENDER, Inbox, a_mail, mailer_for, smtp_server
from tests.mailbox import html_of, text_of, token_in
from tests.modes import ONE_MODE

PASSWORD = "correct horse battery"


class Time:
    """A clock that goes when told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def infra(settings: Settings, time: Clock) -> AsyncIterator[Infra]:
    async with open_infra(settings.model_copy(update={"store_timeout": 5.0}), clock=time) as opened:
        yield opened


class Failing:
    """Nothing can be sent by it."""

    def __init__(self, failure: type[MailNotSent]) -> None:
        self.failure = failure
        self.tried: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.tried.append(mail)
        raise self.failure("SMTP 451")


class Taking:
    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.sent.append(mail)


async def a_user(infra: Infra, email: str = "ada@example.com") -> User:
    return await register(infra, email=email, password=PASSWORD, display_name="Ada")


async def queued(infra: Infra) -> list[QueuedMail]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(QueuedMail)))


async def tokens(infra: Infra) -> list[AccountToken]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(AccountToken)))


@ONE_MODE
async def test_from_the_queue_to_the_server_in_both_languages(
    infra: Infra, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_user(infra)
    li = await a_user(infra, "li@example.com")
    async with infra.database.write() as session:
        (await session.get_one(User, li.id)).locale = "zh-Hans"
    for email in ("ada@example.com", "li@example.com", "nobody@example.com"):
        await request_password_reset(infra, email)
    async with smtp_server(inbox) as port:
        assert await send_due_mails(infra, mailer_for(f"smtp://127.0.0.1:{port}")) == 3
        assert await send_due_mails(infra, mailer_for(f"smtp://127.0.0.1:{port}")) == 0
    by_recipient = dict(zip(inbox.recipients, inbox.mails, strict=True))
    assert by_recipient.keys() == {"ada@example.com", "li@example.com"}
    english, chinese = by_recipient["ada@example.com"], by_recipient["li@example.com"]
    assert (english["Subject"], chinese["Subject"]) == ("Reset your password", "重置您的密码")
    assert "Hello Ada," in text_of(english)
    assert "Ada，您好！" in text_of(chinese)
    for mail in (english, chinese):
        link = f"http://localhost:3000/reset-password#token={token_in(mail)}"
        assert (link in text_of(mail), f'href="{link}"' in html_of(mail)) == (True, True)
    assert await queued(infra) == []
    logged = "".join(capsys.readouterr())
    assert "mail.sent" in logged
    assert not any(token_in(mail) in logged for mail in (english, chinese))
    # And it is a token that works.
    await reset_password(infra, token=token_in(english), new="an even better battery")


async def test_what_cannot_be_sent_is_tried_again_and_given_up_in_the_end(infra: Infra, time: Time) -> None:
    await a_user(infra)
    await request_password_reset(infra, "ada@example.com")
    away = Failing(MailNotSent)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert await send_due_mails(infra, away) == 1
        assert await tokens(infra) == []  # nobody has got one
        [row] = await queued(infra)
        assert (row.attempts, row.reason, row.failed_at is None) == (attempt, "SMTP 451", attempt < MAX_ATTEMPTS)
        wait = 5 * 4 ** (attempt - 1)
        time.pass_(seconds=wait - 1)
        assert await send_due_mails(infra, away) == 0
        time.pass_(seconds=1)
    assert await send_due_mails(infra, Taking()) == 0
    assert len({mail.id for mail in away.tried}) == 1
    assert len({mail.text for mail in away.tried}) == MAX_ATTEMPTS
    time.pass_(days=31)
    await tidy_accounts(infra)
    assert await queued(infra) == []


async def test_what_the_server_refuses_is_not_tried_again(infra: Infra, time: Time) -> None:
    await a_user(infra)
    await request_password_reset(infra, "ada@example.com")
    assert await send_due_mails(infra, Failing(MailRefused)) == 1
    [row] = await queued(infra)
    assert row.failed_at == time.now
    time.pass_(days=1)
    assert await send_due_mails(infra, Taking()) == 0


@ONE_MODE
async def test_mails_that_were_given_up_are_listed_and_sent_after_all(infra: Infra) -> None:
    assert (await rushcart(infra, "mail", "list")).stdout == "No mail was given up.\n"
    for name in ("ada", "bob"):
        user = await a_user(infra, f"{name}@example.com")
        async with infra.database.write() as session:
            queue_for(session, MailKind.PASSWORD_CHANGED, user, infra.now())
    await send_due_mails(infra, Failing(MailRefused))
    first, second = [row.id.hex for row in sorted(await queued(infra), key=lambda row: row.id)]
    listed = (await rushcart(infra, "mail", "list")).stdout
    assert [line.split()[0] for line in listed.splitlines()] == [first, second]
    assert [line.split("Z  ")[1] for line in listed.splitlines()] == ["PASSWORD_CHANGED  SMTP 451"] * 2
    assert "example.com" not in listed
    assert (await rushcart(infra, "mail", "retry")).returncode == 2
    one = await rushcart(infra, "mail", "retry", first)
    assert (one.returncode, one.stdout) == (0, "1 back in the queue.\n")
    again = await rushcart(infra, "mail", "retry", first)
    assert (again.returncode, again.stderr) == (1, "Error: 1 were not there.\n")
    assert (await rushcart(infra, "mail", "retry", "--all")).stdout == "1 back in the queue.\n"
    # The command has a clock of its own.
    async with infra.database.write() as session:
        await session.execute(update(QueuedMail).values(due_at=infra.now()))
    mailer = Taking()
    assert await send_due_mails(infra, mailer) == 2
    assert sorted(mail.recipient for mail in mailer.sent) == ["ada@example.com", "bob@example.com"]


async def test_a_mail_is_sent_again_when_its_worker_died(infra: Infra, time: Time) -> None:
    user = await a_user(infra)
    async with infra.database.write() as session:
        queue_for(session, MailKind.PASSWORD_CHANGED, user, infra.now())
    started = asyncio.Event()

    class Hanging:
        async def send(self, _mail: Mail) -> None:
            started.set()
            await asyncio.Event().wait()

    dying = asyncio.create_task(send_due_mails(infra, Hanging()))
    await started.wait()
    other = Taking()
    assert await send_due_mails(infra, other) == 0
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    time.pass_(seconds=91)
    assert await send_due_mails(infra, other) == 1
    assert [mail.subject for mail in other.sent] == ["Your password was changed"]
    assert await queued(infra) == []


async def test_workers_share_the_queue(infra: Infra) -> None:
    user = await a_user(infra)
    async with infra.database.write() as session:
        for _ in range(4 * BATCH):
            queue_for(session, MailKind.PASSWORD_CHANGED, user, infra.now())
    mailers = [Taking() for _ in range(4)]

    async def work(mailer: Mailer) -> None:
        while await send_due_mails(infra, mailer):
            pass

    await asyncio.gather(*(work(mailer) for mailer in mailers))
    sent = [mail.id for mailer in mailers for mail in mailer.sent]
    assert len(sent) == len(set(sent)) == 4 * BATCH


async def test_a_reason_that_is_gone_sends_nothing(infra: Infra, time: Time) -> None:
    user = await a_user(infra)
    async with infra.database.write() as session:
        queue_for(session, MailKind.VERIFY_EMAIL, user, infra.now())
        queue_for(session, MailKind.VERIFY_EMAIL, user, infra.now(), to="old@example.com")
        (await session.get_one(User, user.id)).email_verified_at = time.now
    locked = await a_user(infra, "locked@example.com")
    async with infra.database.write() as session:
        (await session.get_one(User, locked.id)).locked_at = time.now
    await request_password_reset(infra, "locked@example.com")
    mailer = Taking()
    assert await send_due_mails(infra, mailer) == 3
    assert (mailer.sent, await queued(infra), await tokens(infra)) == ([], [], [])


async def test_tokens_are_thrown_away_a_week_after_they_expired(infra: Infra, time: Time) -> None:
    await a_user(infra)
    await request_password_reset(infra, "ada@example.com")
    await send_due_mails(infra, Taking())
    time.pass_(days=7)
    await tidy_accounts(infra)
    assert len(await tokens(infra)) == 1
    time.pass_(hours=1, seconds=1)
    await tidy_accounts(infra)
    assert await tokens(infra) == []


async def test_a_folder_that_cannot_be_written_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailNotSent, match="FileExistsError"):
        await FileMailer(tmp_path / "mail", SENDER).send(a_mail())
