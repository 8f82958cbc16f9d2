"""All that runs behind the API without being asked, as one table: ``rushcart worker --loops`` shows it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import structlog

from infra.runtime import Infra
from services.account.tidy_accounts import tidy_accounts
from services.account.tidy_guests import tidy_guests, tidy_persons
from services.bulk_job.run_job import run_job
from services.bulk_job.tidy_jobs import tidy_jobs
from services.cart.flush_dirty import flush_dirty
from services.cart.tell_carts import tell_carts
from services.cart.tidy_carts import tidy_carts
from services.catalog.follow_stock import follow_stock
from services.catalog.reindex_all import reindex_newest, reindex_stale
from services.catalog.tell_products import tell_products
from services.checkout.create_quote import forget_quotes
from services.checkout.steps import PLANS
from services.flash_sale.apply_sale import apply_changed_sales
from services.flash_sale.close_due_sales import close_due_sales
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.warm_flash_sales import forget_ended, needs_warming, warm_flash_sales
from services.mail.send_due_mails import BATCH, send_due_mails
from services.media.collect_garbage import collect_garbage
from services.metadata.forget_values import forget_values
from services.monitoring.sample_shop import count_dead_letters, sample_shop
from services.monitoring.watch_stock import watch_stock
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.expire_due_orders import expire_due_orders
from services.order.hold_code import sweep_code_holds
from services.payment.charge_armed import charge_armed, forget_armed
from services.payment.check_payments import check_payments
from services.payment.forget_set_ups import expire_armed, forget_set_ups
from services.payment.sandbox.send_events import send_events
from services.payment.send_refunds import send_refunds
from services.saga.resume_sagas import forget_sagas, resume_sagas
from services.shared import outbox
from services.shared.idempotency import forget_keys
from services.stock.tell_stock import tell_stock
from services.user.index_account import index_accounts
from services.user.tell_customers import tell_customers
from services.waiting_room.forget_tickets import forget_tickets
from services.webhook.list_deliveries import forget_deliveries
from settings import Settings
from tasks.loops import every, supervised, unless_stopped
from tasks.order_consumer import OrderConsumer
from tasks.process import Process
from tasks.webhook_consumer import WebhookConsumer

log = structlog.get_logger(__name__)
_TIDY: Final = 600.0
"""Seconds between looks for what is old enough to be deleted."""

Work = Callable[[Process], Awaitable[object]]


class Setting(NamedTuple):
    """Seconds that the shop sets."""

    variable: str
    read: Callable[[Settings], float]


class RunBy(StrEnum):
    WORKER = "worker"
    SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True)
class Loop:
    """``period``: seconds from the end of one run to the next; None for what runs until it is told to stop, and is
    started again when it fails. One that tasks/conditions.py names runs when there is something to do.
    """

    name: str
    period: float | Setting | None
    what: str
    work: Work
    run_by: RunBy = RunBy.WORKER

    @property
    def shown_period(self) -> str:
        if self.period is None:
            return "always"
        return self.period.variable if isinstance(self.period, Setting) else f"{self.period:g} s"

    async def run(self, process: Process) -> None:
        """Run it again and again until the process is to stop."""
        if self.period is None:
            await supervised(process.stop, lambda: self.work(process), self.name)
        else:
            period = self.period
            seconds = period.read(process.infra.settings) if isinstance(period, Setting) else period
            await every(seconds, process.stop, lambda: self._run_when_due(process), self.name)

    async def _run_when_due(self, process: Process) -> None:
        await process.look.wait(self.name)
        if not process.stop.is_set():
            await self.work(process)


def _once(work: Callable[[Infra], Awaitable[object]]) -> Work:
    return lambda process: work(process.infra)


def _leaving(work: Callable[[Infra], Coroutine[Any, Any, object]]) -> Work:
    """Left half done when it is time to stop: some wait for the log to be read, which no stopped consumer does."""
    return lambda process: unless_stopped(process.stop, work(process.infra))


def _to_the_end(work: Callable[[Infra], Awaitable[int]]) -> Work:
    """Batch by batch, until there is none."""

    async def run(process: Process) -> None:
        while await work(process.infra) and not process.stop.is_set():
            pass

    return run


def _while_full(work: Callable[[Infra], Awaitable[int]], batch: int) -> Work:
    """Batch by batch, as long as they are full: what comes meanwhile goes together in the next round."""

    async def run(process: Process) -> None:
        while await work(process.infra) == batch and not process.stop.is_set():
            pass

    return run


async def _send_mails(process: Process) -> None:
    while await send_due_mails(process.infra, process.mailer) == BATCH and not process.stop.is_set():
        pass


async def _tend_sales(infra: Infra) -> None:
    await close_due_sales(infra)
    await apply_changed_sales(infra)


async def _tell_of_shop(infra: Infra) -> None:
    """One batch a round: what orders tell must not wait behind an import of many products."""
    await tell_products(infra)
    await tell_customers(infra)


async def _reindex_stale(infra: Infra) -> None:
    indexed = await reindex_stale(infra.database)
    if indexed:
        log.info("search.reindexed", products=indexed)


async def _warm_what_redis_lost(infra: Infra) -> None:
    if await needs_warming(infra):
        log.info("redis.not_warm")
        await warm_flash_sales(infra)


LOOPS: Final = (
    Loop(
        "orders", None, "persists placed orders in batches, gives back what closed ones held",
        lambda process: OrderConsumer(process.infra, process.stop, process.jobs.schedule_expiry).run(),
    ),
    Loop("jobs", None, "expires unpaid orders on the second they are due", lambda p: p.jobs.run_receiver(p.stop)),
    Loop("look", 0.2, "looks which of the others have something to do", lambda process: process.look.run()),
    Loop(
        "outbox", 0.2, "publishes the events that transactions left",
        _while_full(outbox.relay_outbox, outbox.BATCH),
    ),
    Loop(
        "sweep", Setting("RUSHCART_SWEEP_INTERVAL", lambda settings: settings.orders.sweep_interval),
        "expires unpaid orders, whatever became of their jobs", _once(expire_due_orders),
    ),
    Loop("redis_memory", 0.5, "loads the counters of a Redis that has lost them", _leaving(_warm_what_redis_lost)),
    Loop("warm", 30.0, "loads counters of sales that are missing or out of date", _leaving(warm_flash_sales)),
    Loop("unconfirmed", 5.0, "undoes reservations whose order the log lacks", _leaving(abandon_unconfirmed)),
    Loop("sales", 0.5, "closes sales that are over, brings changed ones to Redis", _leaving(_tend_sales)),
    Loop("settlement", 0.5, "gives what closed sales did not sell back to the stock", _leaving(settle_sales)),
    Loop("monitoring", 10.0, "measures orders, money and the log for Prometheus", _leaving(sample_shop)),
    Loop(
        "stock_watch", 10.0, "proves every RUSHCART_RECONCILE_INTERVAL that the stock adds up, one worker for all",
        _leaving(watch_stock),
    ),
    Loop("dead_letters", 60.0, "counts dead letters for Prometheus", _leaving(count_dead_letters)),
    Loop("index", 5.0, "indexes products that came just now", lambda p: reindex_newest(p.infra.database)),
    Loop(
        "index_stock", 0.5, "notes in the index which products are in stock",
        _to_the_end(lambda infra: follow_stock(infra.database)),
    ),
    Loop("shop_events", 0.5, "tells of products and accounts that were changed", _once(_tell_of_shop)),
    Loop("cart_events", 0.5, "tells of carts that were changed or left, if anybody listens", _once(tell_carts)),
    Loop("stock_events", 0.2, "tells of stock that orders changed, a SKU once a second", _to_the_end(tell_stock)),
    Loop("index_all", _TIDY, "indexes products that an older release wrote", _leaving(_reindex_stale)),
    Loop(
        "index_accounts", _TIDY, "notes by which words staff find accounts that an older release made",
        _to_the_end(index_accounts),
    ),
    Loop("tidy", _TIDY, "drops the counters of sales two days after they were settled", _once(forget_ended)),
    Loop("tidy_guests", 5.0, "joins guests to accounts, forgets those of long ago", _to_the_end(tidy_guests)),
    Loop("tidy_persons", _TIDY, "forgets persons and links to orders that are past use", _once(tidy_persons)),
    Loop("tidy_accounts", _TIDY, "deletes mailed tokens and mails that are past use", _once(tidy_accounts)),
    Loop("tidy_media", _TIDY, "deletes pictures that nothing shows", _once(collect_garbage)),
    Loop("tidy_carts", _TIDY, "deletes guests' carts a day after they expired", _once(tidy_carts)),
    Loop("tidy_sagas", _TIDY, "deletes checkouts that ended a month ago", _once(forget_sagas)),
    Loop("tidy_quotes", _TIDY, "deletes quotes that have expired", _once(forget_quotes)),
    Loop("code_holds", 10.0, "releases uses of codes that expired quotes held", _leaving(sweep_code_holds)),
    Loop("tidy_metadata", 5.0, "deletes the values of metadata whose key was deleted", _to_the_end(forget_values)),
    Loop("tidy_keys", _TIDY, "deletes idempotency keys of a month ago", _once(forget_keys)),
    Loop("tidy_tickets", _TIDY, "deletes the waiting rooms' tickets of settled sales", _once(forget_tickets)),
    Loop("tidy_deliveries", _TIDY, "deletes deliveries of a month ago", _once(forget_deliveries)),
    Loop("sagas", 1.0, "goes on with checkouts that stopped half way", lambda p: resume_sagas(p.infra, PLANS)),
    Loop("refunds", 0.5, "asks providers for refunds that are due", _to_the_end(send_refunds)),
    Loop("payments", 1.0, "asks providers about payments they tell nothing of", _to_the_end(check_payments)),
    Loop("armed", 0.2, "charges armed orders that were placed", _to_the_end(charge_armed)),
    Loop("set_ups", 1.0, "has providers forget what armed orders need no more", _to_the_end(forget_set_ups)),
    Loop("ended_armed", 60.0, "ends armed orders whose sale is over", _once(expire_armed)),
    Loop("tidy_armed", _TIDY, "deletes armed orders a month after their sale", _once(forget_armed)),
    Loop("sandbox", 0.2, "sends the sandbox provider's webhooks", _to_the_end(send_events)),
    Loop(
        "webhooks", None, "makes deliveries of events for merchants' systems",
        lambda process: WebhookConsumer(process.infra, process.stop).run(),
    ),
    Loop("deliveries", 0.2, "sends the deliveries that are due", lambda process: process.hooks.run()),
    Loop("carts", 1.0, "writes carts that are only in Redis into the database", _once(flush_dirty)),
    Loop("bulk_jobs", 0.5, "does imports and exports that staff started, one at a time", _leaving(run_job)),
    Loop("tidy_jobs", _TIDY, "deletes files of jobs after a week, the jobs after a month", _once(tidy_jobs)),
    Loop("mail", 0.5, "sends mails that are due", _send_mails),
    Loop("scheduler", 0.1, "sends jobs when they are due", lambda p: p.jobs.send_due(), RunBy.SCHEDULER),
)  # fmt: skip


def table() -> list[tuple[str, str, str, str]]:
    """Returns the loops by name: period, who runs it, what it does."""
    return sorted((loop.name, loop.shown_period, str(loop.run_by), loop.what) for loop in LOOPS)
