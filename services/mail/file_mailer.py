"""Mail for development: a file each, to be opened with any mail program or read as it is."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from infra.group_commit import GroupCommit
from infra.home import make_home
from services.mail.mailer import Mail, MailNotSent, to_bytes

log = structlog.get_logger(__name__)


class FileMailer:
    """Files that only their owner can read: the links in them sign people in. Those of the same time are written
    in one go."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender
        self._written = GroupCommit(self._write_all)

    async def send(self, mail: Mail) -> None:
        """Errors: MailNotSent."""
        log.info("mail.written", file=str(await self._written.ask(mail)))

    async def _write_all(self, mails: Sequence[Mail]) -> Sequence[Path | Exception]:
        return await asyncio.to_thread(self._write, mails)

    def _write(self, mails: Sequence[Mail]) -> list[Path | Exception]:
        try:
            make_home(self._folder.parent)
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            return [MailNotSent(type(error).__name__) for _ in mails]
        return [self._write_one(mail) for mail in mails]

    def _write_one(self, mail: Mail) -> Path | Exception:
        path = self._folder / f"{mail.id.hex}.eml"
        # Whole or not at all: whoever looks into the folder finds no half mail.
        unfinished = path.with_suffix(".tmp")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(to_bytes(mail, self._sender, readable=True))
            unfinished.rename(path)
        except OSError as error:
            return MailNotSent(type(error).__name__)
        return path
