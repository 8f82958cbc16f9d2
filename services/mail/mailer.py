"""The port that mail leaves by."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Protocol
from uuid import UUID


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


def to_message(mail: Mail, sender: str, *, readable: bool = False) -> EmailMessage:
    """Write a mail by RFC 5322, with the same content as text and as HTML. ``sender`` may have a name before the
    address.

    ``readable`` leaves all characters as they are (8bit), which a file may and not every server takes.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    recipient = mailable(mail.recipient)
    message = EmailMessage(SMTPUTF8 if readable or not recipient.isascii() else SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id.hex}@{domain}>"
    # RFC 3834: no holiday notices, please.
    message["Auto-Submitted"] = "auto-generated"
    encoding = "8bit" if readable else "quoted-printable"
    message.set_content(mail.text, cte=encoding)
    message.add_alternative(mail.html, subtype="html", cte=encoding)
    message["Content-Language"] = mail.locale  # last: setting the content clears all that is named so
    return message


def mailable(address: str) -> str:
    """Returns the address with an international domain in its ASCII form, which every server takes."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
