"""Now and then one of the workers proves that all stock adds up; all of them tell what it found."""

import asyncio
from typing import Final

import orjson
import structlog

from infra.runtime import Infra
from services.reconcile.reconcile import reconcile
from services.reconcile.report import Difference
from services.shared.metrics import RECONCILED_AT, STOCK_DIFFERENCES

log = structlog.get_logger(__name__)
_AGAIN: Final = 3.0
_TURN: Final = "monitoring:stock:turn"
_FOUND: Final = "monitoring:stock:found"


async def watch_stock(infra: Infra) -> None:
    """Errors: StoreUnavailable."""
    if infra.settings.orders.reconcile_interval and await _is_our_turn(infra):
        differences = await _lasting_differences(infra)
        if differences:
            log.error("stock.differs", differences=len(differences), first=str(differences[0])[:200])
        found = {"differences": len(differences), "at": infra.now().timestamp()}
        async with infra.redis.guard():
            await infra.redis.at(_FOUND).client.set(_FOUND, orjson.dumps(found))
    await _set_metrics(infra)


async def _lasting_differences(infra: Infra) -> list[Difference]:
    """Returns differences that last: what changes while it is looked at may seem to differ: only what does so
    twice counts."""
    first = {difference.place for difference in (await reconcile(infra)).differences}
    if not first:
        return []
    await asyncio.sleep(_AGAIN)
    return [one for one in (await reconcile(infra)).differences if one.place in first]


async def _is_our_turn(infra: Infra) -> bool:
    milliseconds = round(infra.settings.orders.reconcile_interval * 1000)
    async with infra.redis.guard():
        return bool(await infra.redis.at(_TURN).client.set(_TURN, b"1", nx=True, px=milliseconds))


async def _set_metrics(infra: Infra) -> None:
    async with infra.redis.guard():
        raw = await infra.redis.at(_FOUND).client.get(_FOUND)
    if raw is not None:
        found = orjson.loads(raw)
        STOCK_DIFFERENCES.set(found["differences"])
        RECONCILED_AT.set(found["at"])
