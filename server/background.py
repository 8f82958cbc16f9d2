"""What a process does beside its work: topics, the counters of flash sales, what the doctor says."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.migrations import require_current
from infra.runtime import Infra
from services.catalog.warm_catalog import warm_catalog
from services.doctor.tell_findings import tell_findings
from services.flash_sale.warm_flash_sales import warm_flash_sales
from services.shared.events import ALL_TOPICS

log = structlog.get_logger(__name__)
_RETRY = 1.0
_TELL_EVERY = 2.0


async def wait_for_schema(infra: Infra, stop: asyncio.Event) -> None:
    """Return once the database has this server's schema. Errors: SchemaMismatch."""
    told = False
    while not stop.is_set():
        try:
            await require_current(infra.database)
        except StoreUnavailable:
            if not told:
                log.warning("start.waiting", store="database")
            told = True
            await asyncio.sleep(_RETRY)
        else:
            return


@asynccontextmanager
async def examined(infra: Infra) -> AsyncIterator[None]:
    """Have the doctor look at the stores beside the block."""
    telling = asyncio.create_task(tell_findings(infra))
    try:
        yield
    finally:
        await cancel_and_wait(telling)


async def prepare(infra: Infra, stop: asyncio.Event, *, catalog: bool = True) -> None:
    """Make the topics, warm the counters and, if it is looked at here, the ``catalog``, however long the stores
    take to come up."""
    topics = warmed = False
    while not stop.is_set() and not (topics and warmed):
        with suppress(StoreUnavailable):
            if not topics:
                await infra.events.ensure_topics(ALL_TOPICS)
                topics = True
            await warm_flash_sales(infra, progress=_log_warmed)
            if catalog:
                await warm_catalog(infra, progress=_telling_of_catalog())
            warmed = True
        if not (topics and warmed):
            await asyncio.sleep(_RETRY)


def _log_warmed(seen: int, loaded: int) -> None:
    log.info("flash_sales.warmed", items=seen, loaded=loaded)


def _telling_of_catalog() -> Callable[[int, int], None]:
    """A line every few seconds: there may be hundreds of pages."""
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > _TELL_EVERY:
            told = time.monotonic()
            log.info("catalog.warming", products=done, of=total)

    return tell
