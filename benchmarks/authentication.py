"""What it costs to know who is asking, a request; in one process, so that nothing else is measured.

The endpoint is the whole ASGI app with the smallest query there is: what a request costs more with a token than
without is the price of authentication.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from graphql_api.app import build_app
from graphql_api.authentication import authenticate, authenticate_machine
from infra.embedded import any_valkey
from infra.ids import new_id
from infra.logging import configure_logging
from infra.migrations import upgrade
from infra.revocations import Revocation
from infra.runtime import Infra, open_infra
from models import User
from models.enums import Scope
from services.session.access_tokens import AccessTokens
from services.shared.client import NOWHERE
from services.token.create_token import NewToken, create_token
from services.token.known_tokens import KnownTokens
from settings import Settings

AIM_US = 30.0
_BODY = orjson.dumps({"query": "{ __typename }"})
_REVOKED = 10_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds a time; the least of several rounds, which noise touches least."""

    name: str
    us: float
    aimed: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    rounds: int = 7
    times: int = 20_000


async def measure(home: Path, options: Options) -> list[Cost]:
    """On an empty embedded shop in ``home``, with ten thousand revocations in memory."""
    settings = Settings(home=home, rate_limits={"accountCost": "off", "addressCost": "off"}, log_level="error")
    configure_logging(settings)
    with any_valkey(settings) as found:
        async with open_infra(found) as infra:
            return await _Measuring(infra, options).all()


def prepare(home: Path) -> None:
    """Its database."""
    upgrade(Settings(home=home))


class _Measuring:
    def __init__(self, infra: Infra, options: Options) -> None:
        self._infra = infra
        self._options = options
        self._tokens = AccessTokens.from_settings(infra.settings)
        self._user = User(id=new_id(), roles=["CUSTOMER"])

    async def all(self) -> list[Cost]:
        infra = self._infra
        for _ in range(_REVOKED):
            infra.revocations.add(Revocation("session", new_id(), 0.0, time.time() + 600))
        header = self._header()
        fresh = [self._header() for _ in range(self._options.rounds * 300)]
        machine = (await create_token(infra, NewToken("bench", (Scope.ORDERS_READ,)), actor="bench")).token
        known = KnownTokens(infra)
        return [
            await self._each("first sight of an access token", lambda: self._sync(fresh.pop()), 300),
            await self._each("remembered access token", lambda: self._sync(header), aimed=True),
            await self._each(
                "remembered service token",
                lambda: authenticate_machine(machine, known, infra.revocations, NOWHERE),
                aimed=True,
            ),
            *await self._requests(header, f"Bearer {machine}".encode()),
        ]

    def _header(self) -> bytes:
        return b"Bearer " + self._tokens.issue(self._user).token.encode()

    async def _sync(self, header: bytes) -> object:
        return authenticate(header, self._tokens, self._infra.revocations)

    async def _requests(self, person: bytes, machine: bytes) -> list[Cost]:
        app = build_app(self._infra)
        async with app.router.lifespan_context(app):
            nobody = await self._request(app, "request of nobody", None)
            signed_in = await self._request(app, "request with an access token", person)
            by_machine = await self._request(app, "request with a service token", machine)
        return [
            nobody,
            signed_in,
            by_machine,
            Cost("authentication, of the request", signed_in.us - nobody.us, aimed=True),
        ]

    async def _request(self, app: Any, name: str, authorization: bytes | None) -> Cost:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]
        headers += [(b"authorization", authorization)] if authorization else []
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": None}

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": _BODY, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            assert message.get("status", 200) == 200, message

        return await self._each(
            name, lambda: app({**scope, "headers": list(headers), "state": {}}, receive, send), 3_000
        )

    async def _each(
        self, name: str, work: Callable[[], Awaitable[object]], times: int = 0, *, aimed: bool = False
    ) -> Cost:
        times = times or self._options.times
        best = float("inf")
        for _ in range(self._options.rounds):
            begun = time.perf_counter()
            for _ in range(times):
                await work()
            best = min(best, (time.perf_counter() - begun) / times)
        return Cost(name, best * 1e6, aimed)
