"""Flash orders under load: the GraphQL server beside bare endpoints that do the same work, then one worker.

All run as real processes on a real stack. The endpoints are loaded in turn, in short slices of one run, so that
whatever else the machine does meets all of them: the ratios are the result, absolute rates are this machine's.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.figures import Figures, Kept, Rate
from benchmarks.load_generator import Phase, Target
from benchmarks.processes import RUSHCART, LoadGenerator, Profiler, Server
from benchmarks.shards import shards
from benchmarks.shop import Shop, count_persisted, open_shop, persisted_numbers
from benchmarks.stores import Echo, stores
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from resolvers.shared.node import encode_id
from services.shared.events import ALL_TOPICS
from settings import Settings

SERVERS = {"graphql": "serve", "plain": "bare", "verb": "bare"}
_SLICE = 2.5
_WARM_UP = 1.0
_REFUSAL_SECONDS = 5.0
BUY = (
    "mutation Buy($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename "
    "... on Order { id number status expiresAt } ... on Error { code message } } }"
)
_KEY = "KEY"
_PERSIST_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds`` a phase and endpoint; ``backlog``: least orders for ``workers``. ``profile``: a folder.
    ``shards``: of a Redis Cluster, in place of one Redis.
    """

    seconds: float = 15.0
    buyers: int = 2_000
    connections: int = 64
    backlog: int = 20_000
    profile: Path | None = None
    workers: int = 1
    shards: int | None = None


def run_benchmark(options: Options, echo: Echo) -> Figures:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        if options.shards is not None:
            settings = settings.with_redis(stack.enter_context(shards(options.shards, settings.home)).url)
        echo("filling the shop")
        shop = asyncio.run(_prepare(settings, options.buyers))
        with _Bench(options, settings, shop, settings.home, echo) as bench:
            return bench.run()


async def _prepare(settings: Settings, buyers: int) -> Shop:
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        return await open_shop(infra, buyers)


async def _ask(settings: Settings, question: Callable[[Infra], object]) -> object:
    async with open_infra(settings) as infra:
        return await question(infra)  # type: ignore[misc]


class _Bench:
    def __init__(self, options: Options, settings: Settings, shop: Shop, folder: Path, echo: Echo) -> None:
        self._options = options
        self._settings = settings
        self._shop = shop
        self._folder = folder
        self._echo = echo
        self._stack = ExitStack()
        self._ports = {"serve": free_port(), "bare": free_port()}
        self._servers: dict[str, Server] = {}
        self._accepted: set[str] = set()
        self._unknown = 0
        self._rss: dict[str, float] = {}

    def __enter__(self) -> "_Bench":
        with ExitStack() as stack:
            self._start("serve", [*RUSHCART, "serve"], stack)
            self._start("bare", ["-m", "benchmarks.bare_endpoint"], stack)
            self._servers["serve"].wait_for(f"http://127.0.0.1:{self._ports['serve']}/healthz")
            self._servers["bare"].wait_for(f"http://127.0.0.1:{self._ports['bare']}/")
            self._load = stack.enter_context(LoadGenerator(self._shop.tokens, self._folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _start(self, name: str, arguments: list[str], stack: ExitStack) -> Server:
        env = {
            "RUSHCART_PORT": str(self._ports.get(name, 0)),
            "RUSHCART_REDIS_URL": self._settings.redis_dsn,
        }
        server = self._servers[name] = Server(name, arguments, env, self._folder)
        stack.callback(server.stop)
        return server

    def run(self) -> Figures:
        for name in SERVERS:
            self._slice(name, self._target(name, self._shop.plenty), min(_WARM_UP, self._options.seconds), Rate())
        orders = self._alternate("orders", self._shop.plenty, self._options.seconds)
        self._fill()
        self._slice("graphql", self._target("graphql", self._shop.scarce), 0.5, Rate())  # sells it out
        refusals = self._alternate("refusals", self._shop.scarce, min(_REFUSAL_SECONDS, self._options.seconds))
        self._profile_api()
        self._rss |= {name: server.rss_mib() for name, server in self._servers.items()}
        persisted, seconds = self._persist()
        return Figures(orders, refusals, persisted, seconds, self._rss, self._compare())

    def _alternate(self, what: str, item: object, seconds: float) -> dict[str, Rate]:
        rates = {name: Rate() for name in SERVERS}
        rounds = max(1, round(seconds / _SLICE))
        for number in range(1, rounds + 1):
            for name, rate in rates.items():
                self._slice(name, self._target(name, item), seconds / rounds, rate)
            shown = ", ".join(f"{name} {rate.per_second:,.0f}/s" for name, rate in rates.items())
            self._echo(f"{what} {number}/{rounds}: {shown}")
        return rates

    def _slice(self, name: str, target: Target, seconds: float, rate: Rate) -> None:
        server = self._servers[SERVERS[name]]
        before = server.cpu_seconds()
        tally = self._load.run(Phase(target, seconds, self._options.connections))
        rate.add(tally, server.cpu_seconds() - before)
        server.check()
        self._accepted.update(tally.numbers)
        strange = {text: n for text, n in tally.outcomes.items() if text not in ("accepted", "sold_out")}
        self._unknown += sum(strange.values())
        for text, times in strange.items():
            self._echo(f"{name}: {times} times {text}")

    def _target(self, name: str, item: object) -> Target:
        wish = {"itemId": str(item), "quantity": 1, "idempotencyKey": _KEY}
        body: dict[str, object] = dict(wish)
        if name == "graphql":
            body = {"query": BUY, "variables": {"input": {**wish, "itemId": _global_id(item)}}}
        before, _, after = orjson.dumps(body).decode().partition(f'"{_KEY}"')
        path = "/graphql" if name == "graphql" else f"/{name}"
        return Target(self._ports[SERVERS[name]], path, f'{before}"', f'"{after}')

    def _fill(self) -> None:
        """More orders, if the worker would find too few."""
        while len(self._accepted) < self._options.backlog:
            self._echo(f"filling the log: {len(self._accepted):,} of {self._options.backlog:,}")
            self._slice("plain", self._target("plain", self._shop.plenty), 2.0, Rate())

    def _profile_api(self) -> None:
        if self._options.profile is not None:
            profiler = self._profiler("serve", 8)
            self._slice("graphql", self._target("graphql", self._shop.plenty), 10.0, Rate())
            profiler.wait()

    def _profiler(self, name: str, seconds: int) -> Profiler:
        assert self._options.profile is not None
        return Profiler(self._servers[name], self._options.profile / f"{name}.txt", seconds)

    def _persist(self) -> tuple[int, float]:
        """Start workers and wait until they have persisted it: orders, and seconds from first to last commit."""
        workers = self._options.workers
        self._echo(
            f"{workers} {'worker begins' if workers == 1 else 'workers begin'} on {len(self._accepted):,} orders"
        )
        names = ["worker", *(f"worker-{number}" for number in range(2, workers + 1))]
        started = [self._start(name, [*RUSHCART, "worker"], self._stack) for name in names]
        profiler = self._profiler("worker", 10) if self._options.profile is not None else None
        seen = asyncio.run(_watch(self._settings, len(self._accepted), started))
        if profiler is not None:
            profiler.wait()
        self._rss |= {worker.name: worker.rss_mib() for worker in started}
        (begin, first), (end, last) = seen[0], seen[-1]
        return last - first, end - begin

    def _compare(self) -> Kept:
        numbers = asyncio.run(_ask(self._settings, persisted_numbers))
        assert isinstance(numbers, set)
        return Kept(len(self._accepted), len(self._accepted - numbers), len(numbers), self._unknown)


def _global_id(item: object) -> str:
    from uuid import UUID

    assert isinstance(item, UUID)
    return encode_id("FlashSaleItem", item)


async def _watch(settings: Settings, wanted: int, workers: Sequence[Server]) -> list[tuple[float, int]]:
    """(time, orders in the database) from the first commit to the last."""
    seen: list[tuple[float, int]] = []
    deadline = time.monotonic() + _PERSIST_WITHIN
    async with open_infra(settings) as infra:
        while time.monotonic() < deadline:
            for worker in workers:
                worker.check()
            count = await count_persisted(infra)
            if count and (not seen or count != seen[-1][1]):
                seen.append((time.monotonic(), count))
            if count >= wanted:
                break
            await asyncio.sleep(0.2)
    return seen or [(0.0, 0)]
