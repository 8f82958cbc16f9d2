"""What a store of files has to do."""

import re
from collections.abc import AsyncIterator
from typing import Final, Protocol

from infra.errors import StoreUnavailable

STORE: Final = "media"
CHUNK: Final = 64 * 1024
# No dot at the front and no slash: a name leads nowhere else.
_NAME = re.compile(r"[0-9a-z][0-9a-z-]{7,99}\.[0-9a-z]{1,5}", re.ASCII)


class BlobStore(Protocol):
    """A name is written once, or again with the same content. Errors of all: StoreUnavailable, BadName."""

    async def put(self, name: str, content: bytes, content_type: str, *, private: bool = False) -> None:
        """Put a file whole or not at all; there once this returns, also after a power cut. ``private``: nobody may
        cache it who reads the store itself."""

    async def size(self, name: str) -> int | None:
        """Returns its bytes; None when there is no such file."""

    def read(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        """Read ``length`` bytes from ``start``, in pieces."""

    async def delete(self, name: str) -> None:
        """Delete a file; what is not there is no error."""

    async def close(self) -> None: ...


class BadName(ValueError):
    """No name that is ever given to a file here."""


def checked(name: str) -> str:
    """Returns the name, checked. Errors: BadName."""
    if not _NAME.fullmatch(name):
        raise BadName(name[:100])
    return name


def away() -> StoreUnavailable:
    return StoreUnavailable(STORE)
