"""The port that mail leaves by."""

from dataclasses import dataclass
from datetime import datetime
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import cache
from quopri import encodestring
from secrets import token_hex
from typing import Final, Protocol
from uuid import UUID

_BOUNDARY: Final = token_hex(12)
"""Between the parts: nobody can have written it into a text."""


class MailNotSent(Exception):
    """Not now; it may be sent later. The text names no address and no token."""


class MailRefused(MailNotSent):
    """The server will never take this one."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address. ``id`` is the same when it is sent again, so that a mailbox can see the double."""

    id: UUID
    recipient: str
    locale: str
    subject: str
    text: str
    html: str
    at: datetime


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Returns when it has been taken. Errors: MailNotSent, MailRefused."""


def to_bytes(mail: Mail, sender: str, *, readable: bool = False) -> bytes:
    """Write a mail by RFC 5322, with the same content as text and as HTML (RFC 2046). ``sender`` may have a name
    before the address.

    ``readable`` leaves all characters as they are (8bit), which a file may and not every server takes. What is
    anybody's text in the header goes through the standard library; its messages, which take every header to pieces
    again and again, cost ten times what this does, and each order has two.
    """
    recipient = mailable(mail.recipient)
    policy = SMTPUTF8 if readable or not recipient.isascii() else SMTP
    head = (
        _sender(policy, sender),
        policy.fold(*policy.header_store_parse("To", recipient)),
        policy.fold(*policy.header_store_parse("Subject", mail.subject)),
        f"Date: {format_datetime(mail.at)}",
        f"Message-ID: <{mail.id.hex}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>",
        "Auto-Submitted: auto-generated",  # RFC 3834: no holiday notices, please
        f"Content-Language: {mail.locale}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
    )
    parts = (_part("plain", mail.text, readable=readable), _part("html", mail.html, readable=readable))
    lines = "".join(f"{line.rstrip()}\r\n" for line in head).encode()
    delimiter = f"\r\n--{_BOUNDARY}".encode()
    return lines + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"


@cache
def _sender(policy: EmailPolicy, sender: str) -> str:
    return str(policy.fold(*policy.header_store_parse("From", sender)))


def _part(subtype: str, text: str, *, readable: bool) -> bytes:
    body = text.encode() if readable else encodestring(text.encode())
    encoding = "8bit" if readable else "quoted-printable"
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + b"\r\n".join(body.splitlines()) + b"\r\n"


def mailable(address: str) -> str:
    """Returns the address with an international domain in its ASCII form, which every server takes."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
