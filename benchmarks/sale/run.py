"""Run a sale: slices of load on each build in turn, so that whatever else the machine does meets all of them."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Final, Literal

from sqlalchemy import make_url

from benchmarks.figures import Rate
from benchmarks.load_generator import Tally
from benchmarks.processes import ROOT, LoadProcess, cpu_seconds
from benchmarks.sale.build import Build, Use
from benchmarks.sale.job import SIGN_IN, WHOLE, By, Job, Pay, SaleTally, StepTally
from benchmarks.sale.shop import MANY, drop_database, fill, make_database
from benchmarks.stores import Echo, stack_and_settings
from infra.stack import SERVERS, Stack
from settings import Settings

Sku = Literal["one", "many"]
THIS: Final = "this"
_SLICE: Final = 6.0
_WARM_UP: Final = 1.0
_MARGIN: Final = 120.0
"""Seconds beyond a slice until the load generator is given up: its shoppers wait for so long."""
_SIGN_IN_SECONDS: Final = 5.0
"""Of patience for each shopper who signs in."""
_LIMITS: Final = '{"accountCost": "100000000/60s", "placeFlashOrder": "1000000/60s", "addCartItem": "1000000/60s"}'


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds`` of load on each build; ``against``: another checkout."""

    seconds: float = 18.0
    shoppers: int = 32
    by: By = "flash"
    sku: Sku = "one"
    pay: Pay = "page"
    against: Path | None = None


@dataclass(slots=True)
class Found:
    """Of one build. ``use``: seconds of CPU and what was asked, by process, for all that was PAID."""

    name: str
    steps: dict[str, Rate] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    use: dict[str, Use] = field(default_factory=dict)
    load_cpu: float = 0.0
    memory_mib: float = 0.0

    @property
    def paid(self) -> int:
        return self.steps[WHOLE].answers if WHOLE in self.steps else 0

    def add(self, tally: SaleTally, skip: str = "") -> None:
        for name, step in tally.steps.items():
            if name != skip:
                outcomes = {"": len(step.us), **step.errors}
                rate = self.steps.setdefault(name, Rate())
                rate.add(Tally(len(step.us), 0.0, outcomes, step.us), 0.0)
                self.again[name] = self.again.get(name, 0) + step.again
        for name, rate in self.steps.items():
            if (name == SIGN_IN) == (SIGN_IN in tally.steps):
                rate.seconds += tally.seconds


def run_benchmark(options: Options, echo: Echo) -> list[Found]:
    """Returns what was found of this build, and of the other. Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        builds = stack.enter_context(_builds(options, echo))
        load = stack.enter_context(LoadProcess("benchmarks.sale.shoppers"))
        sale = _Sale(options, load, echo)
        for build in builds:
            sale.open(build)
        for number in range(1, sale.rounds + 1):
            for build in builds:
                sale.slice(build)
            shown = ", ".join(
                f"{found.name} {found.steps[WHOLE].per_second:,.1f}/s"
                for found in sale.found.values()
                if found.paid
            )
            echo(f"PAID {number}/{sale.rounds}: {shown}")
        return list(sale.found.values())


class _Sale:
    def __init__(self, options: Options, load: LoadProcess, echo: Echo) -> None:
        self._options = options
        self._load = load
        self._echo = echo
        self._jobs: dict[str, Job] = {}
        self.found: dict[str, Found] = {}
        self.rounds = max(1, round(options.seconds / _SLICE))

    def open(self, build: Build) -> None:
        """Fill the shop, let everybody sign in, and warm up."""
        options = self._options
        self._echo(f"{build.name}: filling the shop, {options.shoppers:,} shoppers sign in")
        hot = options.sku == "one"
        count = 1 if hot and options.by == "flash" else MANY
        goods = fill(build.port, build.database, options.shoppers, options.by, count)
        seconds = options.seconds / self.rounds
        job = Job(build.port, options.shoppers, seconds, options.by, options.pay, goods, hot, SECRET)
        self._jobs[build.name] = job
        found = self.found[build.name] = Found(build.name)
        found.add(self._run(replace(job, sign_in=True), _SIGN_IN_SECONDS * options.shoppers))
        if (inside := found.steps[SIGN_IN].answers) < options.shoppers:
            self._echo(f"{build.name}: {inside:,} of {options.shoppers:,} could sign in")
        self._run(replace(job, seconds=min(_WARM_UP, seconds)))
        build.settle()

    def slice(self, build: Build) -> None:
        found, before, load = self.found[build.name], build.use(), cpu_seconds(self._load.pid)
        found.add(self._run(self._jobs[build.name]))
        found.load_cpu += cpu_seconds(self._load.pid) - load
        build.settle()
        build.check()
        for name, now in build.use().items():
            found.use[name] = _plus(found.use.get(name, Use(0.0, 0)), before[name], now)
        found.memory_mib = build.memory_mib

    def _run(self, job: Job, more: float = 0.0) -> SaleTally:
        told = self._load.ask(job, job.seconds + more + _MARGIN)
        return SaleTally(told["seconds"], {name: StepTally(**step) for name, step in told["steps"].items()})


def _plus(so_far: Use, before: Use, now: Use) -> Use:
    cpu = (
        None if so_far.cpu is None or now.cpu is None or before.cpu is None else so_far.cpu + now.cpu - before.cpu
    )
    asked = (
        None
        if so_far.asked is None or now.asked is None or before.asked is None
        else so_far.asked + now.asked - before.asked
    )
    return Use(cpu, asked)


SECRET: Final = token_hex(32)
"""Of the sandbox's webhooks."""


@contextmanager
def _builds(options: Options, echo: Echo) -> Iterator[list[Build]]:
    """This build, and the other on a database, topics and a Redis of its own: of one, both would hear all news."""
    with ExitStack() as stack:
        main, settings = stack.enter_context(stack_and_settings(echo))
        env = {
            **main.env(),
            "RUSHCART_PAYMENT_PROVIDERS": "sandbox",
            "RUSHCART_SANDBOX_SECRET": SECRET,
            "RUSHCART_RATE_LIMITS": _LIMITS,
        }
        builds = [Build(THIS, ROOT, env, settings.home, dict.fromkeys(SERVERS, main))]
        if options.against is not None:
            builds.append(_other(options.against, settings, env, main, stack, echo))
        yield [stack.enter_context(build) for build in builds]


def _other(
    root: Path, settings: Settings, env: dict[str, str], main: Stack, stack: ExitStack, echo: Echo
) -> Build:
    home = settings.home / "against"
    home.mkdir()
    name = f"{make_url(settings.database_dsn).database}_against"
    url = asyncio.run(make_database(settings, name))
    stack.callback(lambda: asyncio.run(drop_database(settings, name)))
    given = {key: env[key] for key in ("RUSHCART_DATABASE_URL", "RUSHCART_KAFKA_BOOTSTRAP_SERVERS")}
    second = Stack.up(home, environ=given, echo=echo, dies_with_parent=True)
    stack.callback(lambda: second.down(purge=True))
    prefix = f"{settings.kafka_prefix}against."
    own = {**second.env(), "RUSHCART_DATABASE_URL": url, "RUSHCART_KAFKA_PREFIX": prefix}
    return Build(
        root.name if root != ROOT else "against",
        root,
        env | own,
        home,
        {"database": main, "redis": second, "kafka": main},
    )
