"""The shop that operations are tried on: one made for it, or a server that runs already."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import httpx2
from starlette.types import ASGIApp

from graphql_api.app import build_app
from infra.cancellation import cancel_and_wait
from infra.ids import new_id
from infra.runtime import Infra
from models import Role, User
from models.enums import Scope
from services.demo.ensure_accounts import ensure_early_customer
from services.demo.ensure_catalog import ensure_catalog
from services.demo.ensure_running import ensure_others, ensure_running
from services.flash_sale.warm_flash_sales import warm_flash_sales
from services.session.access_tokens import AccessTokens
from services.session.open_session import open_session
from services.shared.client import Client
from services.shared.events import ALL_TOPICS
from services.token.create_token import NewToken, create_token
from tasks.order_consumer import OrderConsumer

NOBODY: Final = "nobody"
MACHINE: Final = "machine"
_ROLES: Final = {
    "customer": (Role.CUSTOMER,),
    "staff": (Role.CUSTOMER, Role.STAFF),
    "administrator": (Role.CUSTOMER, Role.STAFF, Role.ADMIN),
}
ACTORS: Final = {NOBODY: 1, MACHINE: 1, "customer": 4, "staff": 2, "administrator": 8}
"""Who asks, and how often: the more may be done, the more can go wrong."""

Send = Callable[[bytes, str], Awaitable[tuple[int, bytes]]]
"""Takes a body and a bearer token, "" for none; returns the status and the body of the answer."""


async def fill(infra: Infra) -> None:
    """Put the demo shop's products and sales into a shop that may be empty."""
    await infra.events.ensure_topics(ALL_TOPICS)
    await ensure_catalog(infra)
    await ensure_running(infra)
    await ensure_others(infra, await ensure_early_customer(infra))
    await warm_flash_sales(infra)


async def sign_in(infra: Infra, name: str) -> str:
    """Returns the bearer token of a new actor of that name; signing in by password would be most of the work."""
    if name == NOBODY:
        return ""
    if name == MACHINE:
        return (await create_token(infra, NewToken(f"fuzz {uuid4().hex}", tuple(Scope)), actor="fuzz")).token
    user = User(
        id=new_id(),
        email=f"{uuid4().hex}@example.com",
        display_name=name.title(),
        password_hash="",
        roles=list(_ROLES[name]),
        created_at=infra.now(),
    )
    async with infra.database.write() as session:
        session.add(user)
    tokens = AccessTokens.from_settings(infra.settings, infra.now)
    return (await open_session(infra, tokens, user.id, Client(device="fuzz"))).tokens.access_token


@asynccontextmanager
async def in_process(infra: Infra) -> AsyncIterator[Send]:
    """The whole app without a socket, and beside it the worker's part that brings orders into the database."""
    stop = asyncio.Event()
    consuming = asyncio.create_task(OrderConsumer(infra, stop, _no_timer).run())
    app = build_app(infra)
    try:
        async with app.router.lifespan_context(app):
            yield lambda body, token: _call(app, body, token)
    finally:
        stop.set()
        await cancel_and_wait(consuming)


async def _no_timer(_due: object) -> None:
    """Nobody waits for an order to expire."""


async def _call(app: ASGIApp, body: bytes, token: str) -> tuple[int, bytes]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "client": None,
        "headers": headers,
        "state": {},
    }
    status, parts = 0, [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(parts)


@asynccontextmanager
async def over_http(url: str) -> AsyncIterator[Send]:
    """A server that runs; ``url`` is where its shop is, without a path."""
    async with httpx2.AsyncClient(timeout=60, headers={"content-type": "application/json"}) as http:

        async def send(body: bytes, token: str) -> tuple[int, bytes]:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            answer = await http.post(f"{url.rstrip('/')}/graphql", content=body, headers=headers)
            return answer.status_code, answer.content

        yield send
