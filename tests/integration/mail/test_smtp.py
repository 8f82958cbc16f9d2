"""A mail reaches a server, encrypted and signed in where that is wanted."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.mail.mailer import MailNotSent, MailRefused
from tests.certificates import self_signed
from tests.integration.mail.smtp import Inbox, a_mail, mailer_for, smtp_server
from tests.mailbox import html_of, text_of
from tests.waiting import pause

USER, SECRET = "rush", "s3cret-of-smtp"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), SECRET.encode())
    return AuthResult(success=right, handled=right)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


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
        assert asyncio.get_running_loop().time() - begun < 0.3 + pause()
        silent.close()
        with pytest.raises(MailNotSent):
            await mailer_for(f"smtp://127.0.0.1:{port}").send(a_mail())
