"""Orders that nobody pays: how late they are closed, at so many due a second, while something goes wrong.

Real processes on a real stack: flash orders are placed at an even rate, so they are due at that rate.
"""

import asyncio
import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.processes import RUSHCART, ProcessFailed, Server
from benchmarks.shop import PLENTY, open_shop
from benchmarks.stores import Echo, stores
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import Order, OrderStatus, StockCause, StockEntry, StockLevel
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import ItemKeys
from services.shared.errors import TryAgain
from services.shared.events import ALL_TOPICS
from settings import Settings

AIM_SECONDS: Final = 2.0
_SKU = "BENCH-PLENTY"
_TICK = 0.05
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Options:
    """``rate`` orders a second for ``seconds``; each is due ``payment_timeout`` seconds later."""

    rate: int = 1_000
    seconds: float = 10.0
    payment_timeout: float = 20.0
    workers: int = 1
    fault: str = "none"


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds from the due time to the closing, sorted; ``books`` are what is wrong in the end."""

    late: list[float]
    books: list[str]

    def at(self, share: float) -> float:
        return self.late[min(len(self.late) - 1, math.ceil(share * len(self.late)) - 1)]


def run_benchmark(options: Options, echo: Echo) -> Lateness:
    """Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo))
        env = {"RUSHCART_PAYMENT_TIMEOUT": str(options.payment_timeout)}
        names = [f"worker{n}" for n in range(options.workers)] + ["scheduler"]
        names += ["scheduler2"] if options.fault == "two-schedulers" else []
        servers = {}
        for name in names:
            servers[name] = Server(name, [*RUSHCART, name.rstrip("0123456789")], env, settings.home)
            stack.callback(servers[name].stop)
        patient = settings.model_copy(update={"payment_timeout": options.payment_timeout, "store_timeout": 10.0})
        return asyncio.run(_Run(options, patient, servers, echo).run())


class _Run:
    def __init__(self, options: Options, settings: Settings, servers: dict[str, Server], echo: Echo) -> None:
        self._options = options
        self._settings = settings
        self._servers = servers
        self._echo = echo

    async def run(self) -> Lateness:
        async with open_infra(self._settings) as infra:
            await infra.events.ensure_topics(ALL_TOPICS)
            item_id = (await open_shop(infra, 0)).plenty
            placed = await self._place(infra, item_id)
            await self._break(infra)
            await self._await_closed(infra, placed)
            books = await _problems(infra, item_id, placed)
            return Lateness(await _lateness(infra, self._options.payment_timeout), books)

    async def _place(self, infra: Infra, item_id: UUID) -> int:
        """At an even rate; what is behind is made up for."""
        begun, placed, total = time.monotonic(), 0, round(self._options.rate * self._options.seconds)
        while placed < total:
            due = min(total, round((time.monotonic() - begun) * self._options.rate))
            wishes = [FlashOrder(new_id(), item_id, 1, new_id().hex) for _ in range(due - placed)]
            await asyncio.gather(*(_order(infra, wish) for wish in wishes))
            placed = due
            await asyncio.sleep(_TICK)
        took = time.monotonic() - begun
        self._echo(f"{placed:,} orders placed, {placed / took:,.0f} a second")
        return placed

    async def _break(self, infra: Infra) -> None:
        """Once all is in the database, and nothing is due yet."""
        if self._options.fault == "scheduler-killed":
            self._servers.pop("scheduler").kill()
        elif self._options.fault == "redis-emptied":
            while await _count(infra, OrderStatus.AWAITING_PAYMENT) == 0:
                await asyncio.sleep(_TICK)
            await asyncio.gather(*(server.client.flushall() for server in infra.redis.servers()))
        self._echo(f"fault: {self._options.fault}")

    async def _await_closed(self, infra: Infra, placed: int) -> None:
        deadline = time.monotonic() + self._options.payment_timeout + _PATIENCE
        told = 0.0
        while (closed := await _count(infra, OrderStatus.EXPIRED)) < placed:
            for server in self._servers.values():
                server.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"only {closed:,} of {placed:,} orders were closed in time")
            if time.monotonic() - told > 5:
                self._echo(f"closed: {closed:,} of {placed:,}")
                told = time.monotonic()
            await asyncio.sleep(0.2)


async def _order(infra: Infra, wish: FlashOrder) -> None:
    """Again while a worker that has just started loads the counters."""
    while True:
        try:
            await place_flash_order(infra, wish)
            return
        except TryAgain as error:
            await asyncio.sleep(error.retry_after_ms / 1000)


async def _count(infra: Infra, status: OrderStatus) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).where(Order.status == status)) or 0


async def _lateness(infra: Infra, payment_timeout: float) -> list[float]:
    async with infra.database.read() as session:
        rows = await session.execute(select(Order.placed_at, Order.updated_at))
        return sorted((closed - placed).total_seconds() - payment_timeout for placed, closed in rows)


async def _problems(infra: Infra, item_id: UUID, placed: int) -> list[str]:
    """Each order is closed once, and all units are back: in the database, and soon in Redis."""
    async with infra.database.read() as session:
        released = select(func.count()).where(StockEntry.sku == _SKU, StockEntry.cause == StockCause.RELEASED)
        given_back = await session.scalar(released) or 0
        held = await session.scalar(select(func.sum(StockLevel.held)).where(StockLevel.sku == _SKU))
    found = [] if given_back == placed else [f"{given_back:,} releases of {placed:,} orders"]
    found += [f"{held} units are still held"] if held else []
    key, deadline = ItemKeys.of(_SKU, item_id).item, time.monotonic() + _PATIENCE
    while (left := (await infra.redis.execute(("HGET", key, "remaining")))[0]) is None or int(left) != PLENTY:
        if time.monotonic() > deadline:
            return [*found, f"Redis counts {left!r} of {PLENTY:,}"]
        await asyncio.sleep(0.1)
    return found
