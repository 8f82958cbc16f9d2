"""Sell and persist with more and more of each part, and count what an order costs each.

Two processors cannot show by the clock that four processes do more than two; what an order costs them shows
whether they would, on processors of their own. Each layout sells many items, has connections by the number of its
APIs, and is counted until all that it sold is in the database, less what its processes use while nothing happens.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import exists, select, text

from benchmarks.flash_order import BUY
from benchmarks.load_generator import Phase, Target
from benchmarks.processes import RUSHCART, LoadGenerator, ProcessFailed, Server, cpu_seconds
from benchmarks.scale.model import Cost, Layout
from benchmarks.shards import Shards, shards
from benchmarks.shop import count_persisted, open_items, sign_in
from benchmarks.stores import Echo, stack_and_settings
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from infra.stack import Stack
from models import OutboxMessage, QueuedMail
from resolvers.shared.node import encode_id
from services.shared.events import ALL_TOPICS
from settings import Settings

ITEMS: Final = 12
_KEY: Final = "KEY"
_BUYERS: Final = 500
_A_CONNECTION: Final = 24
"""Connections for each API process. Each has as many orders a second, however many there are: what is done for
several orders at once, and so what an order costs, depends on that."""
_QUIET: Final = 2.0
_GLANCES: Final = 3
"""Seconds in which is counted what the processes use by themselves."""
_SETTLE_WITHIN: Final = 45.0
_GLANCE: Final = 1.5
_BY_THEMSELVES: Final = 0.06
"""Of a processor: more is not what a process uses that waits."""
_WARM_UP: Final = 2.0
_WARM_UPS: Final = 5
_WITHIN: Final = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds`` of orders for each layout, so many a second for each API process."""

    layouts: Sequence[Layout]
    seconds: float = 10.0
    rate: float = 100.0


def run_benchmark(options: Options, echo: Echo) -> list[Cost]:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as exits:
        stack, settings = exits.enter_context(stack_and_settings(echo))
        items, tokens = asyncio.run(_fill(settings))
        load = exits.enter_context(LoadGenerator(tokens, settings.home))
        bench = _Bench(options, stack, settings, items, load, echo)
        return [bench.measure(number, layout) for number, layout in enumerate(options.layouts)]


async def _fill(settings: Settings) -> tuple[list[str], list[str]]:
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        items = await open_items(infra, ITEMS)
        return [encode_id("FlashSaleItem", item) for item in items], await sign_in(infra, _BUYERS)


class _Bench:
    def __init__(
        self, options: Options, stack: Stack, settings: Settings, items: list[str], load: LoadGenerator, echo: Echo
    ) -> None:
        self._options = options
        self._stack = stack
        self._settings = settings
        self._items = items
        self._load = load
        self._echo = echo
        self._persisted = 0

    def measure(self, number: int, layout: Layout) -> Cost:
        with ExitStack() as exits:
            home = self._settings.home / f"layout-{number}"
            cluster = exits.enter_context(shards(layout.shards, home))
            parts = _Parts(self._stack, self._settings, cluster, layout, home, exits)
            self._warm_up(layout, parts.ports)
            self._drain(parts)
            parts.settle()
            before = parts.use()
            begun = time.monotonic()
            orders = self._place(layout, parts.ports, self._options.seconds)
            placed = time.monotonic() - begun
            self._drain(parts)
            parts.settle()  # what an order leaves to be done is its cost too
            after = parts.use()
            idle = parts.idle()
            cost = _cost(layout, orders, placed, before, after, idle)
        waiting = ", ".join(f"{part} {us * 100:.0f} %" for part, us in idle.cpu.items() if us is not None)
        self._echo(f"while they wait: {waiting}")
        shown = ", ".join(f"{part} {us:,.0f}" for part, us in cost.cpu_us.items() if us is not None)
        self._echo(f"{layout}: {orders:,} orders, {orders / placed:,.0f}/s; CPU \u00b5s an order: {shown}")
        return cost

    def _warm_up(self, layout: Layout, ports: list[int]) -> None:
        """Buy until the counters of all items are in this Redis: until then it is told to try again."""
        for _ in range(_WARM_UPS):
            with suppress(ProcessFailed):
                if self._place(layout, ports, _WARM_UP) > _WARM_UP * self._options.rate / 2:
                    return

    def _place(self, layout: Layout, ports: list[int], seconds: float) -> int:
        """Returns how many were accepted. Errors: ProcessFailed."""
        tally = self._load.run(
            Phase(self._target(ports), seconds, _A_CONNECTION * layout.apis, self._options.rate * layout.apis)
        )
        for told, times in tally.outcomes.items():
            if told != "accepted":
                self._echo(f"{times} times {told}")
        if not tally.numbers:
            raise ProcessFailed(f"no order was accepted: {tally.outcomes}")
        self._persisted += len(tally.numbers)
        return len(tally.numbers)

    def _target(self, ports: list[int]) -> Target:
        bodies = []
        for item in self._items:
            wish = {"itemId": item, "quantity": 1, "idempotencyKey": _KEY}
            body = orjson.dumps({"query": BUY, "variables": {"input": wish}}).decode()
            bodies.append(body.partition(f'"{_KEY}"'))
        befores = [f'{before}"' for before, _, _ in bodies]
        return Target(ports[0], "/graphql/flash", after=f'"{bodies[0][2]}', befores=befores, ports=ports)

    def _drain(self, parts: "_Parts") -> None:
        """Wait until all that was accepted is in the database. Errors: ProcessFailed."""
        asyncio.run(_until_persisted(self._settings, self._persisted, parts))


async def _until_persisted(settings: Settings, wanted: int, parts: "_Parts") -> None:
    deadline = time.monotonic() + _WITHIN
    async with open_infra(settings) as infra:
        while (found := await count_persisted(infra)) < wanted or await _has_to_tell(infra):
            parts.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{wanted - found:,} of {wanted:,} accepted orders are not in the database")
            await asyncio.sleep(0.25)


async def _has_to_tell(infra: Infra) -> bool:
    """Returns whether events or mails wait."""
    waiting = exists(select(OutboxMessage.id)) | exists(
        select(QueuedMail.id).where(QueuedMail.failed_at.is_(None))
    )
    async with infra.database.read() as session:
        return bool(await session.scalar(select(waiting)))


@dataclass(frozen=True, slots=True)
class _Use:
    """So far: seconds of CPU by part, commands of Redis, statements of the database, and when that was."""

    at: float
    cpu: dict[str, float | None]
    commands: int
    statements: int


class _Parts:
    """The processes of a layout."""

    def __init__(
        self, stack: Stack, settings: Settings, cluster: Shards, layout: Layout, home: Path, exits: ExitStack
    ) -> None:
        self._stack = stack
        self._settings = settings
        self._cluster = cluster
        self.ports = [free_port() for _ in range(layout.apis)]
        env = {"RUSHCART_REDIS_URL": cluster.url, **_UNDISTURBED}
        # Each by itself, as on a machine of its own.
        words = [*RUSHCART, "serve", "--areas", "flash"]
        self._apis = [
            Server(f"serve-{port}", words, {**env, "RUSHCART_PORT": str(port)}, home) for port in self.ports
        ]
        self._workers = [
            Server(f"worker-{number}", [*RUSHCART, "worker"], env, home) for number in range(layout.workers)
        ]
        for server in (*self._apis, *self._workers):
            exits.callback(server.stop)
        for api, port in zip(self._apis, self.ports, strict=True):
            api.wait_for(f"http://127.0.0.1:{port}/readyz")

    def check(self) -> None:
        """Errors: ProcessFailed."""
        for server in (*self._apis, *self._workers):
            server.check()

    def use(self) -> _Use:
        redis, replicas = self._cluster.cpu()
        cpu = {
            "api": sum(api.cpu_seconds() for api in self._apis),
            "worker": sum(worker.cpu_seconds() for worker in self._workers),
            "redis": redis,
            "replicas": replicas,
            **{name: None if (pid := self._stack.pid(name)) is None else cpu_seconds(pid) for name in _STORES},
        }
        statements = asyncio.run(_statements(self._settings))
        return _Use(time.monotonic(), cpu, self._cluster.commands(), statements)

    def settle(self) -> None:
        """Wait until each process uses what one does that waits, or for as long as that may take."""
        deadline, count = time.monotonic() + _SETTLE_WITHIN, len(self._apis) + len(self._workers)
        while time.monotonic() < deadline:
            used = self.glance(_GLANCE).cpu
            if (used["api"] or 0.0) + (used["worker"] or 0.0) < _BY_THEMSELVES * count:
                return

    def idle(self) -> _Use:
        """Returns what they use by themselves in a second: the least of some glances, as what orders leave to be
        done may come late."""
        seen = [self.glance(_QUIET) for _ in range(_GLANCES)]
        cpu = {part: min((one.cpu[part] or 0.0) for one in seen) for part in seen[0].cpu}
        return replace(
            seen[0],
            cpu={part: None if seen[0].cpu[part] is None else least for part, least in cpu.items()},
            commands=min(one.commands for one in seen),
            statements=min(one.statements for one in seen),
        )

    def glance(self, seconds: float) -> _Use:
        """Returns what they use in a second, from so many."""
        before = self.use()
        time.sleep(seconds)
        after = self.use()
        seconds = after.at - before.at
        cpu = {part: _less(after.cpu[part], before.cpu[part], 1 / seconds) for part in after.cpu}
        return _Use(
            1.0,
            cpu,
            round((after.commands - before.commands) / seconds),
            round((after.statements - before.statements) / seconds),
        )


_STORES: Final = ("kafka", "database")
_UNDISTURBED: Final = {
    "RUSHCART_RATE_LIMITS": '{"accountCost": "100000000/60s", "placeFlashOrder": "1000000/60s"}',
    # Orders of the layout before do not run out while the next is measured.
    "RUSHCART_PAYMENT_TIMEOUT": "86400",
    "RUSHCART_RECONCILE_INTERVAL": "0",
}


def _less(after: float | None, before: float | None, times: float) -> float | None:
    return None if after is None or before is None else (after - before) * times


def _cost(layout: Layout, orders: int, placed: float, before: _Use, after: _Use, idle: _Use) -> Cost:
    seconds = after.at - before.at
    cpu_us: dict[str, float | None] = {}
    for part, now in after.cpu.items():
        used, by_itself = _less(now, before.cpu[part], 1.0), idle.cpu[part]
        if used is None or by_itself is None:
            cpu_us[part] = None
        else:
            cpu_us[part] = max(0.0, used - by_itself * seconds) / orders * 1e6
    commands = (after.commands - before.commands - idle.commands * seconds) / orders
    statements = (after.statements - before.statements - idle.statements * seconds) / orders
    return Cost(layout, orders, placed, cpu_us, commands, statements)


async def _statements(settings: Settings) -> int:
    async with open_infra(settings) as infra:
        return await _asked(infra)


async def _asked(infra: Infra) -> int:
    async with infra.database.read() as session:
        return int((await session.execute(text("SHOW GLOBAL STATUS LIKE 'Questions'"))).one()[1])
