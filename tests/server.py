"""A real server in this process: uvicorn on a free port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from graphql_api.app import build_app
from infra.runtime import Infra, open_infra
from server.http_server import uvicorn_config
from settings import Settings
from tests.modes import have_topics
from tests.workers import working


@dataclass(frozen=True, slots=True)
class Server:
    """``url`` has no trailing slash; ``infra`` is the server's own plumbing."""

    url: str
    infra: Infra
    http: httpx.AsyncClient

    async def graphql(
        self, query: str, variables: dict[str, Any] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        """The response's JSON, whatever its status."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = await self.http.post(
            "/graphql", json={"query": query, "variables": variables or {}}, headers=headers
        )
        answer: dict[str, Any] = reply.json()
        return answer


@asynccontextmanager
async def serve(settings: Settings, *, worker: bool = False) -> AsyncIterator[Server]:
    """Serve until the block ends. ``worker`` runs the consumer, the sweep and the scheduler too."""
    async with open_infra(settings) as infra, working(infra) if worker else nullcontext():
        await have_topics(infra)
        config = uvicorn_config(build_app(infra), settings.model_copy(update={"drain_timeout": 2.0}))
        config.timeout_keep_alive = (
            3600  # no client finds its connection closed, however long the machine stood still
        )
        web = uvicorn.Server(config)
        # Named as TCP: only then asyncio does without Nagle's algorithm, which costs 40 ms a request here.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.bind(("127.0.0.1", 0))
            serving = asyncio.create_task(web.serve([listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                async with httpx.AsyncClient(base_url=url, timeout=60, verify=False) as http:
                    await _until_ready(http)
                    yield Server(url, infra, http)
            finally:
                web.should_exit = True
                await serving


async def _until_ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)
