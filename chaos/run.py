"""A run of chaos: a sale on a stack of its own, shoppers, one fault after another, and the verdict."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import orjson
from pydantic import SecretStr

from chaos.accounts import accounts
from chaos.client import Client, Tally
from chaos.disk import Disk
from chaos.fault import Fault, Target
from chaos.faults import FAULTS, NODE_FAULTS
from chaos.fleet import Fleet, Launch, launch
from chaos.gaps import Suffered, gaps_of
from chaos.own_stores import Echo, own_nodes, own_stack
from chaos.proxy import Proxy
from chaos.shoppers import Shopper
from chaos.verdict import Verdict, judge
from infra.migrations import upgrade
from infra.runtime import Infra, open_infra
from infra.stack import ServerName, Servers, StackError
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

_SKUS: Final = ("CHAOS", "CHAOS-BESIDE")
"""Of one sale."""
_PLENTY: Final = ("CHAOS-PLENTY",)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_ONE_OF: Final = 4
"""So many customers have one among them who pays for nothing."""
_END_WITHIN: Final = 60.0
Progress = Callable[[float, Tally, "Counter[str]"], None]
"""Seconds since the beginning, answers and faults until now."""


@dataclass(frozen=True, slots=True)
class Options:
    """``payment_timeout``: seconds; unpaid orders expire during the run, and their units are sold again.

    ``units`` there are of each of two items of one sale, ``plenty`` of one of another, which is not sold out.
    ``nodes``: on several of each server. ``each``: every fault once in a round, in their order, and no round is
    left half done.
    """

    seconds: float = 60.0
    shoppers: int = 40
    units: int = 400
    seed: int = 1
    payment_timeout: float = 15.0
    pause: float = 0.3
    faults: tuple[str, ...] = ()
    plenty: int = 0
    nodes: bool = False
    each: bool = False


@dataclass(slots=True)
class Outcome:
    faults: "Counter[str]" = field(default_factory=Counter)
    suffered: list[Suffered] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    dropped: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    errors: "Counter[str]" = field(default_factory=Counter)

    @property
    def right(self) -> bool:
        return self.verdict.right and not self.tally.strange

    @property
    def gaps(self) -> dict[str, list[float]]:
        """By fault: each time, the longest that nobody's order was accepted for, in seconds."""
        return gaps_of(self.suffered, self.tally.accepted)


def run_chaos(options: Options, echo: Echo, progress: Progress) -> Outcome:
    """Errors: StackError."""
    if options.nodes:
        with own_nodes(echo) as (folder, nodes):
            settings = prepared(options, folder, nodes)
            return asyncio.run(play(options, settings, nodes, progress))
    with own_stack(echo) as (folder, stack, disks):
        settings = prepared(options, folder, stack)
        return asyncio.run(play(options, settings, stack, progress, disks=disks))


def prepared(options: Options, home: Path, stack: Servers) -> Settings:
    """Returns the settings that lead to the stack, whose database has its tables now."""
    env = stack.env()
    settings = Settings(
        home=home,
        database_url=SecretStr(env["RUSHCART_DATABASE_URL"]),
        redis_url=SecretStr(env["RUSHCART_REDIS_URL"]),
        kafka_bootstrap_servers=env["RUSHCART_KAFKA_BOOTSTRAP_SERVERS"],
        kafka_replication=int(env.get("RUSHCART_KAFKA_REPLICATION", 1)),
        payment_timeout=options.payment_timeout,
        payment_providers=("sandbox",),
    )
    upgrade(settings)
    return settings


async def play(
    options: Options,
    settings: Settings,
    stack: Servers,
    progress: Progress,
    launch: Launch = launch,
    disks: dict[ServerName, Disk] | None = None,
) -> Outcome:
    """On stores that are up, empty and migrated; the stack is there to be broken, and so are its ``disks``."""
    outcome = Outcome()
    async with AsyncExitStack() as exits:
        infra = await exits.enter_async_context(observer(settings))
        sales = [await _open_sale(infra, skus, units) for skus, units in _sales(options)]
        items = [item for sale in sales for item in sale]
        proxies = await _proxies(exits, settings)
        fleet = Fleet.on(_through(settings, proxies), settings.home, launch=launch)
        exits.callback(fleet.kill)
        await fleet.complete()
        dice, key = random.Random(options.seed), f"{{{items[-1].sku}}}"
        target = Target(fleet, stack, proxies, dice, disks or {}, key=key)
        shoppers = await _shoppers(infra, sales, fleet, options, outcome.tally)
        await _rush(options, target, shoppers, outcome, progress)
        outcome.dropped = sum(proxy.dropped for proxy in proxies.values())
        await asyncio.gather(*(shopper.ask_again() for shopper in shoppers))
        wishes = [wish for shopper in shoppers for wish in shopper.wishes]
        # Whoever looks was not there when it happened: no connection of before is in the way.
        judging = await exits.enter_async_context(observer(fleet.settings))
        outcome.verdict = await judge(judging, items, wishes)
        outcome.errors = Counter(map(_told, fleet.errors()))
        await fleet.stop()
    return outcome


@asynccontextmanager
async def observer(settings: Settings) -> AsyncIterator[Infra]:
    """The stores without the haste of a server."""
    async with open_infra(settings.model_copy(update={"store_timeout": 10.0})) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
        yield infra


async def _proxies(exits: AsyncExitStack, settings: Settings) -> dict[ServerName, Proxy]:
    """Kafka and a Redis Cluster tell their clients their own addresses, so there is none before them."""
    assert settings.database_url is not None
    targets: dict[ServerName, str] = {"database": settings.database_url.get_secret_value()}
    if "+cluster" not in settings.redis_dsn:
        targets["redis"] = settings.redis_dsn
    return {name: await exits.enter_async_context(Proxy(target)) for name, target in targets.items()}


def _through(settings: Settings, proxies: dict[ServerName, Proxy]) -> Settings:
    urls = {f"{name}_url": SecretStr(proxy.url) for name, proxy in proxies.items()}
    # A server's own patience, not that of a test.
    return settings.model_copy(update={**urls, "store_timeout": Settings.model_fields["store_timeout"].default})


def _sales(options: Options) -> list[tuple[Sequence[str], int]]:
    """Returns the SKUs of each sale, and how many units of each there are."""
    return [(_SKUS, options.units), *([(_PLENTY, options.plenty)] if options.plenty else [])]


async def _open_sale(infra: Infra, skus: Sequence[str], units: int) -> list[FlashItemDoc]:
    for sku in skus:
        variant = VariantDraft(sku, Decimal("19.90"), "EUR", units)
        await create_product(infra, ProductDraft("Chaos", (variant,)), "chaos")
    now = infra.now()
    items = tuple(ItemDraft(sku, Decimal("9.90"), units, units) for sku in skus)
    draft = SaleDraft("Chaos", now - timedelta(minutes=1), now + timedelta(days=1), items)
    sale_id = await schedule_flash_sale(infra, draft, "chaos")
    return [await find_item(infra, id_) for id_ in (await find_sales(infra, [sale_id]))[sale_id].item_ids]


async def _shoppers(
    infra: Infra, sales: Sequence[Sequence[FlashItemDoc]], fleet: Fleet, options: Options, tally: Tally
) -> list[Shopper]:
    # They shop for longer than a token is valid, and none of this is about signing in again.
    lasting = infra.settings.model_copy(update={"access_token_ttl": options.seconds + 3600})
    people = await accounts(replace(infra, settings=lasting), options.shoppers, Role.CUSTOMER)
    return [
        Shopper(
            id_,
            Client(token, fleet.urls, random.Random(f"{options.seed} {number}"), tally),
            [[item.id for item in sale] for sale in sales],
            only_orders=options.nodes and number % _ONE_OF == 0,
        )
        for number, (id_, token) in enumerate(people)
    ]


async def _rush(
    options: Options, target: Target, shoppers: Sequence[Shopper], outcome: Outcome, progress: Progress
) -> None:
    stop, begun = asyncio.Event(), time.monotonic()
    shopping = [asyncio.create_task(shopper.shop(stop, options.pause)) for shopper in shoppers]
    watching = asyncio.create_task(_watch(begun, outcome, progress))
    try:
        every = NODE_FAULTS if options.nodes else FAULTS
        possible = [fault for fault in every if fault.is_possible(target)]
        wanted = [fault for fault in possible if not options.faults or fault.name in options.faults]
        if not wanted:
            raise StackError("Only root may mount the disks that are to be full.")
        for fault in _one_after_another(options, wanted, target.dice, begun + options.seconds):
            since = time.monotonic()
            outcome.faults[fault.name] += 1
            await _suffer(fault, target)
            outcome.suffered.append(Suffered(fault.name, since, time.monotonic()))
            await asyncio.sleep(target.dice.uniform(0.2, 2.0))
        stop.set()
        async with asyncio.timeout(_END_WITHIN):
            await asyncio.gather(*shopping)
    finally:
        for task in (*shopping, watching):
            task.cancel()
        await asyncio.gather(*shopping, watching, return_exceptions=True)


def _one_after_another(
    options: Options, wanted: Sequence[Fault], dice: random.Random, until: float
) -> Iterator[Fault]:
    while time.monotonic() < until:
        yield from wanted if options.each else [dice.choice(wanted)]


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
