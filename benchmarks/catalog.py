"""The catalog under load: 20 products with price and stock, and one product by slug.

Each is asked for in six ways, in turn and in short slices of one run: from the bare endpoint; from an answer that
is kept; the same by POST, with the whole document, as most front ends ask; with the ETag of that answer (304); by
a signed-in customer, whose answer is made from cached documents (warm); and, one at a time, after everything was
forgotten (cold). The ratios to the bare endpoint are the result.
"""

import asyncio
import hashlib
import json
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from benchmarks.figures import Rate
from benchmarks.load_generator import TOKEN, Phase, Target
from benchmarks.processes import RUSHCART, LoadGenerator, ProcessFailed, Profiler, Server
from benchmarks.shop import sign_in
from benchmarks.stores import Echo, stores
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.shared.events import ALL_TOPICS
from settings import Settings

BARE, KEPT, POSTED, KNOWN, WARM, COLD = "bare", "kept", "posted", "304", "warm", "cold"
_QUERIES = {
    "listing": "{ products(first: 20) { edges { cursor node { id slug title vendor "
    "priceRange { min { amount currencyCode } } "
    "variants { id sku title price { amount currencyCode } stock { available } } } } "
    "pageInfo { hasNextPage endCursor } } }",
    "product": '{ product(slug: "bench-7") { id slug title description vendor tags '
    "variants { id sku title price { amount currencyCode } stock { available } } images { url altText } } }",
}
_PRODUCTS = 200
_SLICE = 1.5
_WARM_UP = 0.5
_HEARD_WITHIN = 0.4


@dataclass(frozen=True, slots=True)
class CatalogOptions:
    """``seconds`` a way and query; ``colds``: cold answers of each query. ``profile``: a folder."""

    seconds: float = 6.0
    connections: int = 32
    colds: int = 30
    profile: Path | None = None


@dataclass(slots=True)
class CatalogFigures:
    """Rates by query, then by way; ``rss_mib`` of the API's process."""

    rates: dict[str, dict[str, Rate]] = field(default_factory=dict)
    rss_mib: float = 0.0

    def to_json(self) -> dict[str, object]:
        return {"rss_mib": round(self.rss_mib, 1), **{name: _shown(rates) for name, rates in self.rates.items()}}


def _shown(rates: dict[str, Rate]) -> dict[str, object]:
    bare = rates[BARE]
    return {
        way: {
            **rate.to_json(),
            "ratio_to_bare": round(rate.per_second / bare.per_second, 3),
            "cpu_ratio_to_bare": round(bare.cpu_us / rate.cpu_us, 3) if rate.cpu_us else None,
        }
        for way, rate in rates.items()
    }


def run_catalog_benchmark(options: CatalogOptions, echo: Echo) -> CatalogFigures:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        echo("filling the shop")
        tokens = asyncio.run(_prepare(settings))
        with _Bench(options, settings, tokens, settings.home, echo) as bench:
            return bench.run()


async def _prepare(settings: Settings) -> list[str]:
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        for number in range(_PRODUCTS):
            await create_product(infra, _draft(number), "benchmark")
        return await sign_in(infra, 100)


def _draft(number: int) -> ProductDraft:
    variants = [
        VariantDraft(f"BENCH-{number}-{size}", Decimal("19.90"), "EUR", 1_000, size) for size in ("S", "M")
    ]
    return ProductDraft(
        f"Bench {number}", variants, slug=f"bench-{number}", description="A shirt. " * 20, vendor="acme"
    )


class _Bench:
    def __init__(
        self, options: CatalogOptions, settings: Settings, tokens: list[str], folder: Path, echo: Echo
    ) -> None:
        self._options = options
        self._settings = settings
        self._tokens = tokens
        self._folder = folder
        self._echo = echo
        self._stack = ExitStack()
        self._ports = {"serve": free_port(), "bare": free_port()}
        self._servers: dict[str, Server] = {}
        self._paths = {name: _path(query) for name, query in _QUERIES.items()}
        self._etags: dict[str, str] = {}

    def __enter__(self) -> "_Bench":
        with ExitStack() as stack:
            serve = self._start("serve", [*RUSHCART, "serve"], stack, {})
            serve.wait_for(self._url("serve", "/healthz"))
            bodies = self._folder / "bodies"
            bodies.mkdir()
            for name, query in _QUERIES.items():
                (bodies / name).write_bytes(self._remember(name, query))
            bare = self._start("bare", ["-m", "benchmarks.bare_catalog"], stack, {"BENCH_BODIES": str(bodies)})
            bare.wait_for(self._url("bare", "/"))
            self._load = stack.enter_context(LoadGenerator(self._tokens, self._folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, name: str, arguments: list[str], stack: ExitStack, env: dict[str, str]) -> Server:
        server = Server(name, arguments, {**env, "RUSHCART_PORT": str(self._ports[name])}, self._folder)
        self._servers[name] = server
        stack.callback(server.stop)
        return server

    def _url(self, server: str, path: str) -> str:
        return f"http://127.0.0.1:{self._ports[server]}{path}"

    def _remember(self, name: str, query: str) -> bytes:
        """Make the document known by its hash; returns the answer's bytes, and keeps its ETag."""
        persisted = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
        body = json.dumps({"query": query, "extensions": persisted}).encode()
        request = urllib.request.Request(
            self._url("serve", "/graphql"), body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            answer: bytes = reply.read()
        if b'"errors"' in answer or b":null}" in answer:
            raise ProcessFailed(f"{name}: {answer[:500]!r}")
        with urllib.request.urlopen(self._url("serve", self._paths[name]), timeout=10) as reply:
            self._etags[name] = reply.headers["etag"]
        return answer

    def run(self) -> CatalogFigures:
        figures = CatalogFigures()
        for name in _QUERIES:
            figures.rates[name] = self._measure(name)
        self._profile()
        figures.rss_mib = self._servers["serve"].rss_mib()
        return figures

    def _measure(self, name: str) -> dict[str, Rate]:
        rates = {way: Rate() for way in (BARE, KEPT, POSTED, KNOWN, WARM)}
        for way in rates:
            self._slice(name, way, min(_WARM_UP, self._options.seconds), Rate())
        rounds = max(1, round(self._options.seconds / _SLICE))
        for number in range(1, rounds + 1):
            for way, rate in rates.items():
                self._slice(name, way, self._options.seconds / rounds, rate)
            shown = ", ".join(f"{way} {rate.per_second:,.0f}/s" for way, rate in rates.items())
            self._echo(f"{name} {number}/{rounds}: {shown}")
        rates[COLD] = asyncio.run(self._cold(name))
        return rates

    def _slice(self, name: str, way: str, seconds: float, rate: Rate) -> None:
        server = self._servers["bare" if way == BARE else "serve"]
        before = server.cpu_seconds()
        tally = self._load.run(Phase(self._target(name, way), seconds, self._options.connections))
        rate.add(tally, server.cpu_seconds() - before)
        server.check()
        expected = "HTTP/1.1 304" if way == KNOWN else "HTTP/1.1 200"
        for text, times in tally.outcomes.items():
            if text != expected:
                self._echo(f"{name} {way}: {times} times {text}")

    def _target(self, name: str, way: str) -> Target:
        if way == POSTED:
            return _posted(self._ports["serve"], _QUERIES[name])
        server = "bare" if way == BARE else "serve"
        path = f"/{name}" if way == BARE else self._paths[name]
        extra = {KNOWN: f"if-none-match: {self._etags[name]}\r\n", WARM: f"authorization: Bearer {TOKEN}\r\n"}
        port = self._ports[server]
        head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n"
        return Target(port, path, whole=f"{head}{extra.get(way, '')}\r\n")

    async def _cold(self, name: str) -> Rate:
        """One at a time, each after the API's process and Redis have forgotten everything."""
        rate, server = Rate(), self._servers["serve"]
        async with open_infra(self._settings) as infra:
            for _ in range(self._options.colds):
                await self._forget(infra)
                before, begun = server.cpu_seconds(), time.perf_counter()
                await asyncio.to_thread(self._ask, name)
                took = time.perf_counter() - begun
                rate.latencies_us.append(round(took * 1e6))
                rate.seconds += took
                rate.cpu_seconds += server.cpu_seconds() - before
                rate.answers += 1
                rate.outcomes["HTTP/1.1 200"] += 1
        rate.all_answers = rate.answers
        return rate

    async def _forget(self, infra: Infra) -> None:
        await infra.changes.forget_everything()
        await asyncio.sleep(_HEARD_WITHIN)

    def _ask(self, name: str) -> None:
        with urllib.request.urlopen(self._url("serve", self._paths[name]), timeout=10) as reply:
            reply.read()

    def _profile(self) -> None:
        if self._options.profile is None:
            return
        for way in (KEPT, WARM):
            file = self._options.profile / f"catalog-{way}.txt"
            profiler = Profiler(self._servers["serve"], file, 5)
            self._slice("listing", way, 7.0, Rate())
            profiler.wait()


def _posted(port: int, query: str) -> Target:
    body = json.dumps({"query": query})
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return Target(port, "/graphql", whole=head + body)


def _path(query: str) -> str:
    digest = hashlib.sha256(query.encode()).hexdigest()
    return f"/graphql?{urlencode({'documentId': f'sha256:{digest}'})}"
