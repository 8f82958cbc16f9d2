"""Where browsers reach this server."""

import re

from starlette.types import Scope

from graphql_api.client_address import scheme_of
from settings import Settings

_SCHEMES = {"ws": "http", "wss": "https"}
_HOST = re.compile(rb"[a-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-f:.]{2,45}\](:\d{1,5})?", re.ASCII | re.IGNORECASE)


def base_url_of(scope: Scope, host: bytes | None, settings: Settings) -> str:
    """Returns PUBLIC_URL, else what the client itself called; no trailing slash."""
    if settings.public_url is not None:
        return settings.public_url
    if host is None or not _HOST.fullmatch(host):
        return f"http://{settings.host}:{settings.port}"
    # A WebSocket begins as a request of the other scheme.
    scheme = _SCHEMES.get(scheme := scheme_of(scope, settings), scheme)
    return f"{scheme}://{host.decode()}"
