"""A front end on this machine, on a port of its own: what the server must know of it."""

from urllib.parse import urlsplit

import click

from settings import Settings
from settings.urls import check_url

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class StorefrontUrl(click.ParamType[str]):
    """Where a front end is: its origin, without a path."""

    name = "URL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            parts = urlsplit(check_url(value.rstrip("/")))
        except ValueError:
            parts = None
        if parts is None or parts.path or parts.query:
            self.fail(f"{value!r} is no origin such as http://localhost:5173", param, ctx)
        return f"{parts.scheme}://{parts.netloc.lower()}"


def for_storefront(settings: Settings, storefront: str, address: str) -> Settings:
    """Let the storefront call the server, with its session in cookies, and let links lead to it.

    ``address``: where the server is. It is called as the storefront's machine is: of localhost and 127.0.0.1 a
    browser makes two sites, and keeps no cookies of the other. Whoever opens the page by the other name may call
    the server too, to be told why they are not signed in.
    """
    named, own = urlsplit(storefront).hostname, urlsplit(address)
    host = f"[{named}]" if named and ":" in named else named
    called = f"{own.scheme}://{host}:{own.port}" if named in _LOOPBACK else address
    return settings.model_copy(
        update={
            "storefront_url": storefront,
            "cors_origins": tuple(dict.fromkeys((*settings.cors_origins, *_spellings(storefront)))),
            "session_cookies": True,
            "public_url": settings.public_url or called,
        }
    )


def _spellings(origin: str) -> tuple[str, ...]:
    parts = urlsplit(origin)
    if parts.hostname not in ("localhost", "127.0.0.1") or parts.port is None:
        return (origin,)
    return origin, *(f"{parts.scheme}://{name}:{parts.port}" for name in ("localhost", "127.0.0.1"))
