"""uvicorn under our own signals: it drains when it is told to, and binds before anything else is done."""

import asyncio
import errno
import socket
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from server.connections import Connections
from server.draining_server import CloseWhenStopping, DrainingServer
from server.guarded_http import GuardedHttp
from server.websocket_protocol import WebSocketProtocol
from settings import Settings


class PortInUse(Exception):
    """The text says how to choose another."""


def bind(settings: Settings) -> socket.socket:
    """Take the port. Errors: PortInUse."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        # Listening from now on: a second server on this port fails at once, not after its start.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(_in_use(settings)) from error
        raise PortInUse(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from error
    return listener


def _in_use(settings: Settings) -> str:
    return (
        f"Port {settings.port} of {settings.host} is in use. "
        f"Choose another: RUSHCART_PORT={settings.port + 1} make run (0 takes a free one)."
    )


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


async def serve_http(app: Starlette, listener: socket.socket, stop: asyncio.Event, settings: Settings) -> None:
    """Serve until ``stop`` is set; then take no more connections and finish the open requests."""
    server = DrainingServer(uvicorn_config(CloseWhenStopping(app, stop), settings), listener)
    serving = asyncio.create_task(server.serve([listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving
    stopping.cancel()


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    limits = Connections(settings)
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=cast(type[asyncio.Protocol], partial(GuardedHttp, limits)),
        ws=cast(type[asyncio.Protocol], partial(WebSocketProtocol, limits)),
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # costs more memory than all else of a connection
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # graphql_api/client_address.py knows which proxies to believe
        timeout_keep_alive=settings.keep_alive_timeout,
        timeout_graceful_shutdown=round(settings.drain_timeout),
    )
