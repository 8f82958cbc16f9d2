"""Clients that connect and say nothing, or half of what they should: to be borne, and not to be waited for."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_EACH: Final = 25
_HEAD: Final = "POST /graphql HTTP/1.1\r\nHost: chaos\r\nContent-Type: application/json\r\n"
_HALVES: Final = (b"", _HEAD.encode(), f'{_HEAD}Content-Length: 1000\r\n\r\n{{"query":'.encode())


@dataclass(slots=True)
class SlowSockets:
    """Some of each kind to each server. Whether they are cut off by it is its matter."""

    _open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def open(self, urls: list[str]) -> None:
        for url in urls:
            for half in _HALVES * _EACH:
                with suppress(OSError):
                    await self._open_one(url, half)

    async def _open_one(self, url: str, half: bytes) -> None:
        parts = urlsplit(url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        self._open.append(writer)
        writer.write(half)

    async def close(self) -> None:
        for writer in self._open:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._open), return_exceptions=True)
        self._open.clear()
