"""Mail for development: a file each, to be opened with any mail program or read as it is."""

import asyncio
import os
from pathlib import Path

import structlog

from infra.home import make_home
from services.mail.mailer import Mail, MailNotSent, to_message

log = structlog.get_logger(__name__)


class FileMailer:
    """Files that only their owner can read: the links in them sign people in."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Errors: MailNotSent."""
        path = self._folder / f"{mail.id.hex}.eml"
        try:
            await asyncio.to_thread(self._write, mail, path)
        except OSError as error:
            raise MailNotSent(type(error).__name__) from None
        log.info("mail.written", file=str(path))

    def _write(self, mail: Mail, path: Path) -> None:
        make_home(self._folder.parent)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        # Whole or not at all: whoever looks into the folder finds no half mail.
        unfinished = path.with_suffix(".tmp")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(to_message(mail, self._sender, readable=True).as_bytes())
        unfinished.rename(path)
