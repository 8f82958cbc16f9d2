"""Tell of the stock that orders and sales have changed: of a SKU at most once a second, as it is then.

Not in the transaction that takes the units: a hot SKU would be told of at each order. A level remembers that it is
to be told of (``StockLevel.tell_at``) until the transaction that tells of it, so the last value is told whatever
ends on the way.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import StockCause, StockLevel
from services.shared.events import StockChanged
from services.shared.tell import tell

EVERY: Final = timedelta(seconds=1)
_BATCH: Final = 200
_KEY: Final = tuple_(StockLevel.sku, StockLevel.warehouse_id)


def any_due(now: Any) -> ColumnElement[bool]:
    """Returns whether a level is to be told of, as an expression."""
    return exists(select(StockLevel.sku).where(StockLevel.tell_at <= now))


async def tell_stock(infra: Infra) -> int:
    """Tell of a batch of SKUs; returns how many. Those told of a moment ago come later.

    Errors: StoreUnavailable.
    """
    now = infra.now()
    async with infra.database.read() as session:
        due = select(StockLevel.sku).where(StockLevel.tell_at <= now).order_by(StockLevel.tell_at).limit(_BATCH)
        skus = set(await session.scalars(due))
    if not skus:
        return 0
    return await infra.database.transact(lambda session: _tell(session, skus, now), timeout=WORKERS_PATIENCE)


async def _tell(session: AsyncSession, skus: Collection[str], now: datetime) -> int:
    locked = select(StockLevel).where(StockLevel.sku.in_(sorted(skus, key=str.encode)))
    in_order = locked.order_by(StockLevel.sku, StockLevel.warehouse_id).with_for_update()
    chosen = list(_choose(await session.scalars(in_order), now))
    if not chosen:
        return 0
    await tell(session, now, *map(_event, chosen))
    told = update(StockLevel).where(_KEY.in_([(level.sku, level.warehouse_id) for level in chosen]))
    # Past the session: nothing that is cached depends on what was told.
    await (await session.connection()).execute(told.values(tell_at=None, told_at=now, untold=0))
    return len(chosen)


def _choose(levels: Iterable[StockLevel], now: datetime) -> Iterator[StockLevel]:
    """Yields of each SKU the level that is due the longest; of a second warehouse it is told a second later."""
    for _, group in groupby(levels, key=lambda level: level.sku):
        its = list(group)
        if any(level.told_at is not None and now < level.told_at + EVERY for level in its):
            continue
        due = [(level.tell_at, level.warehouse_id.bytes, level) for level in its if level.tell_at is not None]
        if due:
            yield min(due)[-1]


def _event(level: StockLevel) -> StockChanged:
    return StockChanged(
        sku=level.sku,
        warehouse_id=level.warehouse_id,
        cause=StockCause(level.last_cause or StockCause.HELD),
        units=level.untold,
        on_hand=level.on_hand,
        available=level.available,
        reference=None,
        set_aside=level.set_aside,
        held=level.held,
        committed=level.committed,
    )
