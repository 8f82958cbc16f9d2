"""The worker: everything that happens behind the API, as loops of one process."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from infra.cancellation import cancel_and_wait
from infra.runtime import Infra
from services.account.tidy_accounts import tidy_accounts
from services.cart.flush_dirty import flush_dirty
from services.cart.tidy_carts import tidy_carts
from services.catalog.follow_stock import follow_stock
from services.catalog.reindex_all import reindex_newest, reindex_stale
from services.checkout.create_quote import forget_quotes
from services.checkout.steps import PLANS
from services.flash_sale.apply_sale import apply_changed_sales
from services.flash_sale.close_due_sales import close_due_sales
from services.flash_sale.settle_sales import settle_sales
from services.flash_sale.warm_flash_sales import forget_ended, needs_warming, warm_flash_sales
from services.mail.mailer import Mailer
from services.mail.make_mailer import make_mailer
from services.mail.send_due_mails import BATCH, send_due_mails
from services.media.collect_garbage import collect_garbage
from services.monitoring.sample_shop import count_dead_letters, sample_shop
from services.monitoring.watch_stock import watch_stock
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.expire_due_orders import expire_due_orders
from services.payment.check_payments import check_payments
from services.payment.sandbox.send_events import send_events
from services.payment.send_refunds import send_refunds
from services.saga.resume_sagas import forget_sagas, resume_sagas
from services.shared.events import ALL_TOPICS
from services.shared.idempotency import forget_keys
from services.shared.outbox import relay_outbox
from services.waiting_room.forget_tickets import forget_tickets
from services.webhook.delivery_sender import DeliverySender
from services.webhook.list_deliveries import forget_deliveries
from tasks.jobs import Jobs
from tasks.loops import every, supervised, unless_stopped
from tasks.order_consumer import OrderConsumer
from tasks.webhook_consumer import read_for_webhooks

log = structlog.get_logger(__name__)
_RELAY_EVERY = 0.2
_WATCH_EVERY = 0.5
_WARM_EVERY = 30.0
_ABANDON_EVERY = 5.0
_SALES_EVERY = 0.5
_TIDY_EVERY = 600.0
_MAIL_EVERY = 0.5
_INDEX_EVERY = 5.0
_STOCK_EVERY = 0.5
_CARTS_EVERY = 1.0
_SAGAS_EVERY = 1.0
_SEND_EVERY = 0.1
_REFUNDS_EVERY = 0.5
_PAYMENTS_EVERY = 1.0
_HOOKS_EVERY = 0.2
_SAMPLE_EVERY = 10.0
_DEAD_EVERY = 60.0


async def run_worker(infra: Infra, stop: asyncio.Event) -> None:
    """Run until ``stop`` is set, then finish what is at hand: the consumer commits what it handled."""
    jobs = Jobs(infra)
    mailer, hooks = make_mailer(infra.settings), DeliverySender(infra)
    consumer = OrderConsumer(infra, stop, jobs.schedule_expiry)
    await _ensure_topics(infra, stop)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(supervised(stop, consumer.run, "orders"))
            group.create_task(supervised(stop, lambda: jobs.run_receiver(stop), "jobs"))
            group.create_task(every(_RELAY_EVERY, stop, _all(stop, lambda: relay_outbox(infra)), "outbox"))
            group.create_task(
                every(infra.settings.orders.sweep_interval, stop, lambda: expire_due_orders(infra), "sweep")
            )
            for seconds, work, name in (
                (_WATCH_EVERY, _watch, "redis_memory"),
                (_WARM_EVERY, warm_flash_sales, "warm"),
                (_ABANDON_EVERY, abandon_unconfirmed, "unconfirmed"),
                (_SALES_EVERY, _tend_sales, "sales"),
                (_SALES_EVERY, settle_sales, "settlement"),
                (_SAMPLE_EVERY, sample_shop, "monitoring"),
                (_SAMPLE_EVERY, watch_stock, "stock_watch"),
                (_DEAD_EVERY, count_dead_letters, "dead_letters"),
            ):
                # They wait for the log to be read, which a consumer that has stopped will not do.
                group.create_task(every(seconds, stop, _leaving(stop, infra, work), name))
            group.create_task(every(_INDEX_EVERY, stop, lambda: reindex_newest(infra.database), "index"))
            group.create_task(
                every(_STOCK_EVERY, stop, _all(stop, lambda: follow_stock(infra.database)), "index_stock")
            )
            group.create_task(every(_TIDY_EVERY, stop, _leaving(stop, infra, _reindex), "index_all"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_ended(infra), "tidy"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: tidy_accounts(infra), "tidy_accounts"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: collect_garbage(infra), "tidy_media"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: tidy_carts(infra), "tidy_carts"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_sagas(infra), "tidy_sagas"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_quotes(infra), "tidy_quotes"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_keys(infra), "tidy_keys"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_tickets(infra), "tidy_tickets"))
            group.create_task(every(_SAGAS_EVERY, stop, lambda: resume_sagas(infra, PLANS), "sagas"))
            group.create_task(every(_REFUNDS_EVERY, stop, _all(stop, lambda: send_refunds(infra)), "refunds"))
            group.create_task(every(_PAYMENTS_EVERY, stop, _all(stop, lambda: check_payments(infra)), "payments"))
            group.create_task(every(_HOOKS_EVERY, stop, _all(stop, lambda: send_events(infra)), "sandbox"))
            group.create_task(supervised(stop, lambda: read_for_webhooks(infra, stop), "webhooks"))
            group.create_task(every(_HOOKS_EVERY, stop, hooks.run, "deliveries"))
            group.create_task(every(_TIDY_EVERY, stop, lambda: forget_deliveries(infra), "tidy_deliveries"))
            group.create_task(every(_CARTS_EVERY, stop, lambda: flush_dirty(infra), "carts"))
            group.create_task(every(_MAIL_EVERY, stop, lambda: _send_mails(infra, mailer, stop), "mail"))
    finally:
        await hooks.close()
        await jobs.close()


async def run_scheduler(infra: Infra, stop: asyncio.Event) -> None:
    """Send delayed jobs when they are due, until ``stop`` is set."""
    jobs = Jobs(infra)
    try:
        await every(_SEND_EVERY, stop, jobs.send_due, "scheduler")
    finally:
        await jobs.close()


async def _ensure_topics(infra: Infra, stop: asyncio.Event) -> None:
    done = asyncio.Event()

    async def ensure() -> None:
        await infra.events.ensure_topics(ALL_TOPICS)
        done.set()

    looping = asyncio.create_task(every(0.5, done, ensure, "topics"))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({looping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await cancel_and_wait(looping, stopping)


def _leaving(
    stop: asyncio.Event, infra: Infra, work: Callable[[Infra], Coroutine[Any, Any, object]]
) -> Callable[[], Awaitable[None]]:
    return lambda: unless_stopped(stop, work(infra))


def _all(stop: asyncio.Event, work: Callable[[], Coroutine[Any, Any, int]]) -> Callable[[], Awaitable[None]]:
    """Batch by batch, until there is none."""

    async def run() -> None:
        while await work() and not stop.is_set():
            pass

    return run


async def _send_mails(infra: Infra, mailer: Mailer, stop: asyncio.Event) -> None:
    while await send_due_mails(infra, mailer) == BATCH and not stop.is_set():
        pass


async def _tend_sales(infra: Infra) -> None:
    await close_due_sales(infra)
    await apply_changed_sales(infra)


async def _reindex(infra: Infra) -> None:
    """Products that a server of before wrote, or that a new release indexes otherwise."""
    indexed = await reindex_stale(infra.database)
    if indexed:
        log.info("search.reindexed", products=indexed)


async def _watch(infra: Infra) -> None:
    """Redis came back empty, or restarted: load the counters before the next order is taken."""
    if await needs_warming(infra):
        log.info("redis.not_warm", run_id=infra.redis.run_id)
        await warm_flash_sales(infra)
