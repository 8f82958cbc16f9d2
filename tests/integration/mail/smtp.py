"""An SMTP server, and a mailer for it."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.ids import new_id
from services.mail.mailer import Mail
from services.mail.smtp_mailer import SmtpMailer, SmtpServer

SENDER = "Rush <no-reply@shop.test>"


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


def mailer_for(url: str, tls: ssl.SSLContext | None = None, timeout: float = 5.0) -> SmtpMailer:
    return SmtpMailer(SmtpServer.parse(url), SENDER, tls=tls, timeout=timeout)


def a_mail(recipient: str = "ada@example.com") -> Mail:
    return Mail(
        new_id(), recipient, "zh", "您好 👩‍💻", "文字\n", "<p>文字</p>", datetime(2026, 11, 27, tzinfo=UTC)
    )
