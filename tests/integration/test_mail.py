"""Mail through a real SMTP server, with and without TLS; what is retried, given up and never told."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update

from infra.clock import Clock
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from infra.settings import Settings
from models import AccountToken, MailKind, QueuedMail, User
from services.account.request_password_reset import request_password_reset
from services.account.reset_password import reset_password
from services.account.tidy import tidy_accounts
from services.mail.files import FileMailer
from services.mail.port import Mail, Mailer, MailNotSent, MailRefused
from services.mail.queue import queue_for
from services.mail.send_due import BATCH, MAX_ATTEMPTS, send_due_mails
from services.mail.smtp import SmtpMailer, SmtpServer
from services.user.register import register
from tests.commands import rushcart
from tests.mailbox import html_of, text_of, token_in
from tests.waiting import PAUSE

SENDER = "Rush <no-reply@shop.test>"
PASSWORD = "correct horse battery"
USER, SECRET = "rush", "s3cret-of-smtp"


class Inbox:
    """What the server took; ``refuse`` is what it answers to a recipient instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse = ""
        self.secure: list[bool] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, _class=EmailMessage, policy=SMTPUTF8))
        self.recipients += envelope.rcpt_tos
        self.secure.append(session.ssl is not None)
        return "250 Taken"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), SECRET.encode())
    return AuthResult(success=right, handled=right)


@asynccontextmanager
async def smtp_server(inbox: Inbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """A server on a port of its own; with ``tls`` it is TLS from the first byte on."""

    def connect() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # it warns of AUTH without STARTTLS, also when all is TLS
            return SMTP(inbox, hostname="mail.test", enable_SMTPUTF8=True, **options)

    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def mailer_for(url: str, tls: ssl.SSLContext | None = None, timeout: float = 5.0) -> SmtpMailer:
    return SmtpMailer(SmtpServer.parse(url), SENDER, tls=tls, timeout=timeout)


def a_mail(recipient: str = "ada@example.com") -> Mail:
    return Mail(
        new_id(), recipient, "zh", "您好 👩‍💻", "文字\n", "<p>文字</p>", datetime(2026, 11, 27, tzinfo=UTC)
    )


class TestSmtp:
    async def test_a_mail_arrives_as_it_was_written(self, inbox: Inbox) -> None:
        async with smtp_server(inbox) as port:
            for recipient in ("ada@example.com", "ada@bücher.example", "åda@example.com"):
                await mailer_for(f"smtp://127.0.0.1:{port}").send(a_mail(recipient))
        assert inbox.recipients == ["ada@example.com", "ada@xn--bcher-kva.example", "åda@example.com"]
        for mail in inbox.mails:
            assert (mail["Subject"], text_of(mail), html_of(mail)) == ("您好 👩‍💻", "文字\n", "<p>文字</p>\n")
        assert inbox.secure == [False] * 3

    @pytest.mark.parametrize("scheme", ["smtp", "smtps"])
    async def test_tls_and_a_password(
        self, inbox: Inbox, server_tls: ssl.SSLContext, trusting: ssl.SSLContext, scheme: str
    ) -> None:
        options: dict[str, Any] = {"authenticator": _authenticate, "auth_required": True}
        options |= {"tls": server_tls} if scheme == "smtps" else {"tls_context": server_tls}
        # aiosmtpd knows TLS from the first byte only as "no TLS" when it asks for it before a password.
        options["auth_require_tls"] = scheme == "smtp"
        async with smtp_server(inbox, **options) as port:
            await mailer_for(f"{scheme}://{USER}:{SECRET}@127.0.0.1:{port}", trusting).send(a_mail())
            with pytest.raises(MailNotSent, match=r"^SMTP 535$") as caught:
                await mailer_for(f"{scheme}://{USER}:wrong@127.0.0.1:{port}", trusting).send(a_mail())
            # That is wrong with us, not with the mail.
            assert not isinstance(caught.value, MailRefused)
            # A server that cannot prove who it is gets neither the password nor the mail.
            with pytest.raises(MailNotSent):
                await mailer_for(f"{scheme}://{USER}:{SECRET}@127.0.0.1:{port}").send(a_mail())
        assert len(inbox.mails) == 1

    async def test_a_password_does_not_go_over_an_open_line(self, inbox: Inbox) -> None:
        async with smtp_server(inbox, authenticator=_authenticate, auth_require_tls=False) as port:
            with pytest.raises(MailNotSent):
                await mailer_for(f"smtp://{USER}:{SECRET}@127.0.0.1:{port}").send(a_mail())
        assert inbox.mails == []

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            ("550 5.1.1 no ada@example.com here", MailRefused),
            ("451 4.7.1 try again, ada@example.com", MailNotSent),
        ],
    )
    async def test_what_the_server_says(self, inbox: Inbox, answer: str, kind: type[MailNotSent]) -> None:
        inbox.refuse = answer
        async with smtp_server(inbox) as port:
            with pytest.raises(MailNotSent) as caught:
                await mailer_for(f"smtp://127.0.0.1:{port}").send(a_mail())
        assert type(caught.value) is kind
        assert str(caught.value) == f"SMTP {answer[:3]}"
        assert caught.value.__cause__ is None

    async def test_a_server_that_hangs_or_is_away_costs_a_bounded_time(self) -> None:
        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        begun = asyncio.get_running_loop().time()
        with pytest.raises(MailNotSent):
            await mailer_for(f"smtp://127.0.0.1:{port}", timeout=0.3).send(a_mail())
        assert asyncio.get_running_loop().time() - begun < 0.3 + PAUSE
        silent.close()
        with pytest.raises(MailNotSent):
            await mailer_for(f"smtp://127.0.0.1:{port}").send(a_mail())


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
    time.pass_(seconds=61)
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
