"""Where browsers reach this server."""

import re
from functools import lru_cache

from starlette.types import Scope

from graphql_api.client_address import scheme_of
from settings import Settings

_SCHEMES = {"ws": "http", "wss": "https"}
_HOST = re.compile(rb"[a-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-f:.]{2,45}\](:\d{1,5})?", re.ASCII | re.IGNORECASE)


def base_url_of(scope: Scope, host: bytes | None, settings: Settings) -> str:
    """Returns PUBLIC_URL, else what the client itself called; no trailing slash."""
    if settings.public_url is not None:
        return settings.public_url
    if host is not None and (url := _url(scheme_of(scope, settings), host)):
        return url
    return f"http://{settings.host}:{settings.port}"


@lru_cache(maxsize=256)
def _url(scheme: str, host: bytes) -> str:
    """Returns "" for what is no host. A WebSocket begins as a request of the other scheme."""
    return f"{_SCHEMES.get(scheme, scheme)}://{host.decode()}" if _HOST.fullmatch(host) else ""
