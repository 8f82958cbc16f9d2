"""The measure of the catalog: a Starlette app under the same uvicorn that sends the same bytes, whatever is asked.

The environment's BENCH_BODIES names a folder; ``/<name>`` answers with the file of that name.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra import garbage
from server.http_server import bind, serve_http
from server.runtime import run_until_stopped
from settings import get_settings


def _answering(body: bytes) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return answer


async def _main(listener: socket.socket, stop: asyncio.Event) -> None:
    files = await asyncio.to_thread(lambda: list(Path(os.environ["BENCH_BODIES"]).iterdir()))
    routes = [Route(f"/{file.name}", _answering(file.read_bytes())) for file in files]
    garbage.settle()
    await serve_http(Starlette(routes=routes), listener, stop, get_settings())


def main() -> None:
    settings = get_settings()
    listener = bind(settings)
    run_until_stopped(settings, "bare", lambda stop: _main(listener, stop))


if __name__ == "__main__":
    main()
