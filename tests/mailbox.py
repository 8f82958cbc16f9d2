"""The mails that a server without SMTP has written."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

from tests.waiting import until

_TOKEN = re.compile(r"#token=([\w-]{43})\b")


@dataclass(frozen=True, slots=True)
class Mailbox:
    home: Path

    def to(self, address: str) -> list[EmailMessage]:
        """The oldest first: their names are ids that sort by time."""
        found = []
        for path in sorted((self.home / "mail").glob("*.eml")):
            message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=SMTPUTF8)
            if message["To"] == address:
                found.append(message)
        return found

    async def wait(self, address: str, subject: str, count: int = 1) -> list[EmailMessage]:
        """The mails with this subject, once there are so many."""

        async def look() -> list[EmailMessage]:
            return [mail for mail in self.to(address) if mail["Subject"] == subject]

        return await until(look, lambda found: len(found) >= count)

    async def get(self, address: str, subject: str) -> EmailMessage:
        return (await self.wait(address, subject))[0]

    async def token(self, address: str, subject: str) -> str:
        return token_in(await self.get(address, subject))

    async def tokens(self, address: str, subject: str, count: int) -> list[str]:
        return [token_in(mail) for mail in await self.wait(address, subject, count)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def token_in(mail: EmailMessage) -> str:
    match = _TOKEN.search(text_of(mail))
    assert match is not None, text_of(mail)
    return match[1]
