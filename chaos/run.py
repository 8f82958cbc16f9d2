"""A run of chaos: a sale on a stack of its own, shoppers, one fault after another, and the verdict."""

import asyncio
import random
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import orjson
from pydantic import SecretStr

from chaos.accounts import accounts
from chaos.client import Client, Tally
from chaos.disk import Disk, small_disk
from chaos.fault import Fault, Target
from chaos.faults import FAULTS
from chaos.fleet import Fleet, Launch, launch
from chaos.proxy import Proxy
from chaos.shoppers import Shopper
from chaos.verdict import Verdict, judge
from infra.migrations import upgrade
from infra.runtime import Infra, open_infra
from infra.stack import SERVERS, ServerName, Stack, StackError
from models import Role
from models.flash_sale_document import FlashItemDoc
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.flash_sale.find_items import find_item
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.shared.events import ALL_TOPICS
from settings import Settings

ROOT: Final = Path(__file__).resolve().parents[1]
_SKU: Final = "CHAOS"
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_END_WITHIN: Final = 60.0
_MEGABYTES: Final = 768
"""Of a store's disk; what is not used takes no memory."""
Echo = Callable[[str], None]
Progress = Callable[[float, Tally, "Counter[str]"], None]
"""Seconds since the beginning, answers and faults until now."""


@dataclass(frozen=True, slots=True)
class Options:
    """``payment_timeout``: seconds; unpaid orders expire during the run, and their units are sold again."""

    seconds: float = 60.0
    shoppers: int = 40
    units: int = 400
    seed: int = 1
    payment_timeout: float = 15.0
    pause: float = 0.3
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    faults: "Counter[str]" = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    dropped: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    errors: "Counter[str]" = field(default_factory=Counter)

    @property
    def right(self) -> bool:
        return self.verdict.right and not self.tally.strange


@contextmanager
def own_stack(echo: Echo) -> Iterator[tuple[Path, Stack, dict[ServerName, Disk]]]:
    """In a temporary folder; nothing is left of it. Each store has a disk of its own where that is possible.

    Errors: StackError.
    """
    folder = Path(tempfile.mkdtemp(prefix="rushcart-chaos-"))
    cache = ROOT / ".rushcart" / "kafka"
    stack = Stack(folder, kafka_cache=cache, dies_with_parent=True)
    try:
        with ExitStack() as exits:
            mounted = {name: exits.enter_context(small_disk(stack.folder / name, _MEGABYTES)) for name in SERVERS}
            exits.callback(stack.down)
            Stack.up(folder, echo=echo, environ={}, kafka_cache=cache, dies_with_parent=True)
            here = {status.server for status in stack.status() if status.how == "machine"}
            yield folder, stack, {name: disk for name, disk in mounted.items() if disk and name in here}
    finally:
        stack.down(purge=True)
        shutil.rmtree(folder, ignore_errors=True)


def run_chaos(options: Options, echo: Echo, progress: Progress) -> Outcome:
    """Errors: StackError."""
    with own_stack(echo) as (folder, stack, disks):
        env = stack.env()
        settings = Settings(
            home=folder,
            database_url=SecretStr(env["RUSHCART_DATABASE_URL"]),
            redis_url=SecretStr(env["RUSHCART_REDIS_URL"]),
            kafka_bootstrap_servers=env["RUSHCART_KAFKA_BOOTSTRAP_SERVERS"],
            payment_timeout=options.payment_timeout,
            payment_providers=("sandbox",),
        )
        upgrade(settings)
        return asyncio.run(play(options, settings, stack, progress, disks=disks))


async def play(
    options: Options,
    settings: Settings,
    stack: Stack,
    progress: Progress,
    launch: Launch = launch,
    disks: dict[ServerName, Disk] | None = None,
) -> Outcome:
    """On stores that are up, empty and migrated; the stack is there to be broken, and so are its ``disks``."""
    outcome = Outcome()
    async with AsyncExitStack() as exits:
        infra = await exits.enter_async_context(observer(settings))
        item = await _open_sale(infra, options.units)
        proxies = await _proxies(exits, settings)
        fleet = Fleet.on(_through(settings, proxies), settings.home, launch=launch)
        exits.callback(fleet.kill)
        await fleet.complete()
        target = Target(fleet, stack, proxies, random.Random(options.seed), disks or {})
        shoppers = await _shoppers(infra, item, fleet, options, outcome.tally)
        await _rush(options, target, shoppers, outcome, progress)
        outcome.dropped = sum(proxy.dropped for proxy in proxies.values())
        await asyncio.gather(*(shopper.ask_again() for shopper in shoppers))
        wishes = [wish for shopper in shoppers for wish in shopper.wishes]
        # Whoever looks was not there when it happened: no connection of before is in the way.
        judging = await exits.enter_async_context(observer(settings))
        outcome.verdict = await judge(judging, item, wishes)
        outcome.errors = Counter(map(_told, fleet.errors()))
        await fleet.stop()
    return outcome


@asynccontextmanager
async def observer(settings: Settings) -> AsyncIterator[Infra]:
    """The stores themselves, not through the proxies, without the haste of a server."""
    async with open_infra(settings.model_copy(update={"store_timeout": 10.0})) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        yield infra


async def _proxies(exits: AsyncExitStack, settings: Settings) -> dict[ServerName, Proxy]:
    """Kafka tells its clients its own address, so there is none before it."""
    assert settings.database_url is not None
    targets: dict[ServerName, str] = {
        "database": settings.database_url.get_secret_value(),
        "redis": settings.redis_dsn,
    }
    return {name: await exits.enter_async_context(Proxy(target)) for name, target in targets.items()}


def _through(settings: Settings, proxies: dict[ServerName, Proxy]) -> Settings:
    urls = {f"{name}_url": SecretStr(proxy.url) for name, proxy in proxies.items()}
    # A server's own patience, not that of a test.
    return settings.model_copy(update={**urls, "store_timeout": Settings.model_fields["store_timeout"].default})


async def _open_sale(infra: Infra, units: int) -> FlashItemDoc:
    variant = VariantDraft(_SKU, Decimal("19.90"), "EUR", units)
    await create_product(infra, ProductDraft("Chaos", (variant,)), "chaos")
    now = infra.now()
    items = (ItemDraft(_SKU, Decimal("9.90"), units, units),)
    draft = SaleDraft("Chaos", now - timedelta(minutes=1), now + timedelta(days=1), items)
    sale_id = await schedule_flash_sale(infra, draft, "chaos")
    return await find_item(infra, (await find_sales(infra, [sale_id]))[sale_id].item_ids[0])


async def _shoppers(
    infra: Infra, item: FlashItemDoc, fleet: Fleet, options: Options, tally: Tally
) -> list[Shopper]:
    # They shop for longer than a token is valid, and none of this is about signing in again.
    lasting = infra.settings.model_copy(update={"access_token_ttl": options.seconds + 3600})
    people = await accounts(replace(infra, settings=lasting), options.shoppers, Role.CUSTOMER)
    return [
        Shopper(id_, Client(token, fleet.urls, random.Random(f"{options.seed} {number}"), tally), item.id)
        for number, (id_, token) in enumerate(people)
    ]


async def _rush(
    options: Options, target: Target, shoppers: Sequence[Shopper], outcome: Outcome, progress: Progress
) -> None:
    stop, begun = asyncio.Event(), time.monotonic()
    shopping = [asyncio.create_task(shopper.shop(stop, options.pause)) for shopper in shoppers]
    watching = asyncio.create_task(_watch(begun, outcome, progress))
    try:
        possible = [fault for fault in FAULTS if fault.is_possible(target)]
        wanted = [fault for fault in possible if not options.faults or fault.name in options.faults]
        if not wanted:
            raise StackError("Only root may mount the disks that are to be full.")
        while time.monotonic() - begun < options.seconds:
            fault = target.dice.choice(wanted)
            outcome.faults[fault.name] += 1
            await _suffer(fault, target)
            await asyncio.sleep(target.dice.uniform(0.2, 2.0))
        stop.set()
        async with asyncio.timeout(_END_WITHIN):
            await asyncio.gather(*shopping)
    finally:
        for task in (*shopping, watching):
            task.cancel()
        await asyncio.gather(*shopping, watching, return_exceptions=True)


async def _suffer(fault: Fault, target: Target) -> None:
    await fault.begin(target)
    try:
        await asyncio.sleep(target.dice.uniform(0, fault.longest))  # the fault itself
    finally:
        await fault.end(target)


async def _watch(begun: float, outcome: Outcome, progress: Progress) -> None:
    while True:
        progress(time.monotonic() - begun, outcome.tally, outcome.faults)
        await asyncio.sleep(0.5)


def _told(line: str) -> str:
    """An error of a log without what is different each time."""
    process, _, text = line.partition(": ")
    if not text.startswith("{"):
        return line[:200]
    entry = orjson.loads(text)
    causes = [f"{e['exc_type']}: {e['exc_value']}"[:200] for e in entry.get("exception") or ()]
    cause = _ADDRESS.sub("", " / ".join(causes))
    return f"{process.partition('-')[0]}: {entry['event']} {entry.get('loop', '')} {cause}"
