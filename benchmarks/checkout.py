"""From an empty cart to an accepted order of three lines: over HTTP, beside the same verbs alone.

Both are loaded in turn, in short slices of one run, on one real stack: the ratio is the result.
"""

import asyncio
import math
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from benchmarks.processes import RUSHCART, ProcessFailed, Server
from benchmarks.stores import Echo, stores
from chaos.accounts import accounts
from chaos.http_connection import HttpConnection
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import Role
from resolvers.shared.node import encode_id
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.checkout.checkout import Checkout, checkout
from services.shared.events import ALL_TOPICS
from settings import Settings

LINES: Final = 3
_VARIANTS: Final = 60
_PLENTY: Final = 1_000_000
_SLICE: Final = 3.0
_WARM_UP: Final = 1.0
_PATIENCE: Final = 30.0
_ADD: Final = "mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { __typename } }"
_CHECKOUT: Final = (
    "mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename "
    "... on Order { id number status total { amount } } ... on Error { code message } } }"
)


@dataclass(frozen=True, slots=True)
class Options:
    seconds: float = 15.0
    customers: int = 16


@dataclass(slots=True)
class Timings:
    """Seconds of each checkout, and of each whole path; ``seconds`` for all of them."""

    checkouts: list[float] = field(default_factory=list)
    paths: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.paths) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    http: Timings
    verbs: Timings
    rss_mib: float

    @property
    def ratio(self) -> float:
        return self.http.per_second / self.verbs.per_second


def at(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[math.ceil(share * len(ordered)) - 1]


def run_benchmark(options: Options, echo: Echo) -> Figures:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        port = free_port()
        server = Server("serve", [*RUSHCART, "serve"], {"RUSHCART_PORT": str(port)}, settings.home)
        stack.callback(server.stop)
        worker = Server("worker", [*RUSHCART, "worker"], {}, settings.home)
        stack.callback(worker.stop)
        server.wait_for(f"http://127.0.0.1:{port}/healthz")
        return asyncio.run(_measure(options, settings, server, port, echo))


async def _measure(options: Options, settings: Settings, server: Server, port: int, echo: Echo) -> Figures:
    http, verbs = Timings(), Timings()
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        variants = await _fill(infra)
        people = await accounts(infra, options.customers, Role.CUSTOMER)
        over_http = [_Http(port, token) for _, token in people]
        by_verb = [_Verbs(infra, user) for user, _ in people]
        for buyers in (over_http, by_verb):
            await _slice(buyers, variants, min(_WARM_UP, options.seconds), Timings())
        rounds = max(1, round(options.seconds / _SLICE))
        for number in range(1, rounds + 1):
            await _slice(over_http, variants, options.seconds / rounds, http)
            await _slice(by_verb, variants, options.seconds / rounds, verbs)
            echo(f"{number}: {http.per_second:,.0f} orders/s over HTTP, {verbs.per_second:,.0f} by the verbs")
            server.check()
        for buyer in over_http:
            await buyer.connection.close()
    return Figures(http, verbs, server.rss_mib())


async def _fill(infra: Infra) -> list[UUID]:
    made = []
    for number in range(_VARIANTS):
        variant = VariantDraft(f"BENCH-{number}", Decimal("19.90"), "EUR", _PLENTY)
        product = await create_product(infra, ProductDraft(f"Benchmark {number}", (variant,)), "benchmark")
        made.append(product.variants[0].id)
    return made


async def _slice(buyers: "Buyers", variants: list[UUID], seconds: float, into: Timings) -> None:
    begun = time.monotonic()

    async def buy(buyer: "_Http | _Verbs", dice: random.Random) -> None:
        while time.monotonic() - begun < seconds:
            first = time.monotonic()
            for variant in dice.sample(variants, LINES):
                await buyer.add(variant)
            second = time.monotonic()
            await buyer.check_out()
            last = time.monotonic()
            into.checkouts.append(last - second)
            into.paths.append(last - first)

    await asyncio.gather(*(buy(buyer, random.Random(number)) for number, buyer in enumerate(buyers)))
    into.seconds += time.monotonic() - begun


class _Http:
    def __init__(self, port: int, token: str) -> None:
        self.connection = HttpConnection()
        self._url, self._token = f"http://127.0.0.1:{port}/graphql", token

    async def add(self, variant: UUID) -> None:
        wish = {"variantId": encode_id("Variant", variant), "quantity": 1}
        await self._do(_ADD, wish, "CartPayload")

    async def check_out(self) -> None:
        await self._do(_CHECKOUT, {"idempotencyKey": uuid4().hex}, "Order")

    async def _do(self, query: str, wish: dict[str, Any], expected: str) -> None:
        body = {"query": query, "variables": {"input": wish}}
        try:
            async with asyncio.timeout(_PATIENCE):
                _, reply = await self.connection.post(self._url, self._token, body)
        except TimeoutError:
            raise ProcessFailed(f"no {expected} in {_PATIENCE:.0f} s") from None
        [answer] = (orjson.loads(reply).get("data") or {"": {}}).values()
        if not answer or answer["__typename"] != expected:
            raise ProcessFailed(f"{reply[:300]!r} instead of {expected}")


class _Verbs:
    def __init__(self, infra: Infra, user: UUID) -> None:
        self._infra, self._user = infra, user

    async def add(self, variant: UUID) -> None:
        await add_item(self._infra, Owner.customer(self._user), Wish(variant, 1))

    async def check_out(self) -> None:
        await checkout(self._infra, Checkout(self._user, uuid4().hex))


Buyers = Sequence[_Http | _Verbs]
