"""Mail by SMTP (RFC 5321), with TLS that is verified and with a limit on the time it takes."""

import asyncio
import ssl
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.mail.mailer import Mail, MailNotSent, MailRefused, mailable, to_bytes

TIMEOUT = 15.0
AT_ONCE = 10
_PORTS = {"smtp": 587, "smtps": 465}
# What is wrong with the mail itself, as against with the server or with our password.
_PERMANENT = range(550, 560)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """``password`` is empty when there is none."""

    host: str
    port: int
    tls: bool
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Parse ``smtp(s)://user:password@host:port``, user and password percent-encoded, as the settings checked
        it."""
        parts = urlsplit(url)
        return cls(
            parts.hostname or "",
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


class SmtpMailer:
    """One connection a mail, and few at once: an idle one would be closed by the server."""

    def __init__(
        self, server: SmtpServer, sender: str, *, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._server = server
        self._sender = sender
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout
        self._lines = asyncio.Semaphore(AT_ONCE)

    async def send(self, mail: Mail) -> None:
        """Errors: MailNotSent, MailRefused."""
        try:
            async with self._lines, asyncio.timeout(self._timeout):
                await self._send(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {refused.code for refused in error.recipients}
            raise _failure(max(codes, default=0)) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _failure(error.code) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # What a server says may hold the address, and so may not be passed on.
            raise MailNotSent(type(error).__name__) from None

    async def _send(self, mail: Mail) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls,
            # A password never goes over an open line; without one, TLS is used when it is offered.
            start_tls=False if server.tls else (True if server.password else None),
            tls_context=self._tls,
            timeout=self._timeout,
        )
        recipient = mailable(mail.recipient)
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        async with client:
            await client.sendmail(
                parseaddr(self._sender)[1], [recipient], to_bytes(mail, self._sender), mail_options=options
            )


def _failure(code: int) -> MailNotSent:
    return (MailRefused if code in _PERMANENT else MailNotSent)(f"SMTP {code}")
