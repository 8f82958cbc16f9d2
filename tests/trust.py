"""The system's certificates are read once, not by every client anew, which takes 20 ms each."""

import os
import ssl
from functools import cache
from typing import Final

import certifi

_create: Final = ssl.create_default_context


def trust_once() -> None:
    """From now on, in this process."""
    ssl.create_default_context = _shared  # type: ignore[assignment]  # it is given no bytes here


def _shared(
    purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH,
    *,
    cafile: str | None = None,
    capath: str | None = None,
    cadata: str | bytes | None = None,
) -> ssl.SSLContext:
    given = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    is_systems = purpose is ssl.Purpose.SERVER_AUTH and cafile in (None, given[0], certifi.where())
    if capath or cadata or not is_systems:
        return _create(purpose, cafile=cafile, capath=capath, cadata=cadata)
    return _kept(cafile, given)


@cache
def _kept(cafile: str | None, _given: tuple[str | None, ...]) -> ssl.SSLContext:
    return _create(cafile=cafile)
