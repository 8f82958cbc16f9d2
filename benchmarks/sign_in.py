"""How much a crowd that signs in slows those who buy: flash orders alone, and the same with the crowd beside.

Both in turn, in one run on one real stack: the ratio of the p99s is the result. Everybody of the crowd comes from
an address of their own, and who is told to try again does so when they were told to.
"""

import asyncio
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import insert

from benchmarks.checkout import at
from benchmarks.load_generator import Phase, Tally, Target
from benchmarks.processes import RUSHCART, LoadGenerator, ProcessFailed, Server
from benchmarks.shop import Shop, open_shop
from benchmarks.stores import Echo, stores
from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import Role, User
from resolvers.shared.node import encode_id
from services.shared.events import ALL_TOPICS
from services.user.rules import hash_password
from settings import Settings

AIM: Final = 2.0
_PASSWORD: Final = "correct horse of the crowd"
_BUY: Final = (
    "mutation Buy($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename "
    "... on Order { id number status expiresAt } ... on Error { code message } } }"
)
_LOGIN: Final = (
    "mutation ($input: LoginInput!) { login(input: $input) { __typename ... on Session { accessToken } } }"
)
_SETTLE: Final = 0.5
"""Seconds of a phase before the crowd comes."""
_GIVE_UP: Final = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds`` of each phase, of which there are two a round."""

    people: int = 600
    rounds: int = 3
    seconds: float = 4.0
    connections: int = 32


@dataclass(slots=True)
class Buyers:
    latencies_us: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, tally: Tally) -> None:
        self.latencies_us += tally.latencies_us
        self.seconds += tally.seconds

    @property
    def per_second(self) -> float:
        return len(self.latencies_us) / self.seconds

    def ms(self, share: float) -> float:
        return at([float(us) for us in self.latencies_us], share) / 1000


@dataclass(slots=True)
class Crowd:
    """Seconds until each was signed in, tries and all; seconds of each answer "not now"; who gave up."""

    signed_in: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    gave_up: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    alone: Buyers
    beside: Buyers
    crowd: Crowd

    @property
    def ratio(self) -> float:
        """Of the buyers' p99 with the crowd to that without."""
        return self.beside.ms(0.99) / self.alone.ms(0.99)


def run_benchmark(options: Options, echo: Echo) -> Figures:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        port = free_port()
        environment = {"RUSHCART_PORT": str(port), "RUSHCART_TRUSTED_PROXIES": "127.0.0.0/8"}
        shop = asyncio.run(_prepare(settings, options.people))
        server = Server("serve", [*RUSHCART, "serve"], environment, settings.home)
        stack.callback(server.stop)
        server.wait_for(f"http://127.0.0.1:{port}/healthz")
        load = stack.enter_context(LoadGenerator(shop.tokens, settings.home))
        return asyncio.run(_Bench(options, server, port, shop, load, echo).run())


async def _prepare(settings: Settings, people: int) -> Shop:
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        await _register(infra, people)
        return await open_shop(infra, 2_000)


async def _register(infra: Infra, people: int) -> None:
    """Accounts with one and the same hash: what a hash costs is measured later."""
    hashed, now = await hash_password(_PASSWORD), infra.now()
    rows = [
        {
            "id": new_id(),
            "email": _email(number),
            "display_name": f"One of many {number}",
            "password_hash": hashed,
            "roles": [Role.CUSTOMER],
            "created_at": now,
        }
        for number in range(people)
    ]
    async with infra.database.write() as session:
        await session.execute(insert(User), rows)


def _email(number: int) -> str:
    return f"one{number}@crowd.example"


class _Bench:
    def __init__(
        self, options: Options, server: Server, port: int, shop: Shop, load: LoadGenerator, echo: Echo
    ) -> None:
        self._options = options
        self._server = server
        self._port = port
        self._target = _target(port, shop)
        self._load = load
        self._echo = echo
        self._figures = Figures(Buyers(), Buyers(), Crowd())

    async def run(self) -> Figures:
        found = self._figures
        await self._buy(1.0)  # warm-up
        for number in range(1, self._options.rounds + 1):
            found.alone.add(await self._buy(self._options.seconds))
            buying = asyncio.create_task(self._buy(self._options.seconds))
            await asyncio.sleep(_SETTLE)
            await asyncio.gather(*(self._sign_in(who) for who in range(self._options.people)))
            found.beside.add(await buying)
            self._echo(f"{number}: p99 {found.alone.ms(0.99):.0f} ms, {found.beside.ms(0.99):.0f} ms beside")
            self._server.check()
        return found

    async def _buy(self, seconds: float) -> Tally:
        tally = await asyncio.to_thread(self._load.run, Phase(self._target, seconds, self._options.connections))
        for outcome in tally.outcomes.keys() - {"accepted"}:
            self._echo(f"{tally.outcomes[outcome]} times {outcome}")
        return tally

    async def _sign_in(self, who: int) -> None:
        begun, dice = time.monotonic(), random.Random(who)
        while time.monotonic() - begun < _GIVE_UP:
            sent = time.monotonic()
            answer = orjson.loads(await asyncio.wait_for(self._ask(_login(who)), _GIVE_UP))
            if answer.get("data"):
                self._figures.crowd.signed_in.append(time.monotonic() - begun)
                return
            self._figures.crowd.refusals.append(time.monotonic() - sent)
            await asyncio.sleep(_told_to_wait(answer["errors"][0]) * (1 + 0.1 * dice.random()))
        self._figures.crowd.gave_up += 1

    async def _ask(self, request: bytes) -> bytes:
        """Returns the body of the answer: a connection each, as thin as can be."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer.partition(b"\r\n\r\n")[2]


def _told_to_wait(error: dict[str, Any]) -> float:
    """Returns seconds. Errors: ProcessFailed for what nobody was promised."""
    said = error["extensions"]
    if said["code"] not in ("TRY_AGAIN", "UNAVAILABLE"):
        raise ProcessFailed(f"a sign-in ended so: {error}")
    return float(said.get("retryAfterMs", 1000)) / 1000


def _login(who: int) -> bytes:
    body = orjson.dumps({"query": _LOGIN, "variables": {"input": {"email": _email(who), "password": _PASSWORD}}})
    return (
        f"POST /graphql HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n"
        f"x-forwarded-for: 10.0.{who // 250}.{who % 250 + 1}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def _target(port: int, shop: Shop) -> Target:
    wish = {"itemId": encode_id("FlashSaleItem", shop.plenty), "quantity": 1, "idempotencyKey": "KEY"}
    body = orjson.dumps({"query": _BUY, "variables": {"input": wish}}).decode()
    before, _, after = body.partition('"KEY"')
    return Target(port, "/graphql", f'{before}"', f'"{after}')
