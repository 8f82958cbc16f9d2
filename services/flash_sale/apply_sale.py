"""Apply: bring Redis to what the database says of a sale. Every change of a sale is committed first, then applied.

Who made the change applies it; whatever keeps it from that, the workers find the sale by its ``applied_version``.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Exists, and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem
from services.flash_sale.find_items import forget_item
from services.flash_sale.finish_requests import finish_requests
from services.flash_sale.load_item import load_item
from services.flash_sale.terms import Terms
from services.flash_sale.warm_flash_sales import settle_time
from services.reservation.keys import ItemKeys, run
from services.shared.patience import transact_for_request

log = structlog.get_logger(__name__)
_AT_ONCE = 100
_PARALLEL = 16
_IS_CHANGED: Final = and_(FlashSale.settled_at.is_(None), FlashSale.applied_version < FlashSale.version)
_LOAD_ALONE = 45
"""Seconds after which another worker may load the counters of a sale too."""


async def apply_sale(infra: Infra, sale_id: UUID, *, load: bool) -> bool:
    """Returns when no item sells by older terms; when the sale is paused or closed, no order is accepted any more.

    ``load``: also put counters in place that are not there, however long it takes. True when all are; nothing is
    sold from those that are not. Errors: StoreUnavailable.
    """
    for _ in range(2):
        sale = await _read_sale(infra, sale_id)
        if sale is None or sale.settled_at is not None:
            return True
        missing = await _apply_terms(infra, sale)
        for item in sale.items:
            forget_item(infra, item.id)  # other processes believe it for a moment longer
        infra.signals.send(item.id for item in sale.items)
        if sale.paused or sale.closed_at is not None:
            await finish_requests(infra, [(item.sku, item.id) for item in sale.items])
        if not missing or sale.closed_at is not None:
            await _mark(infra, sale)
            return True
        if not load or not await _load_counters(infra, sale, missing):
            return False
    return False


def any_changed() -> Exists:
    """Returns whether a sale's last change is not known to have reached Redis, as an expression."""
    return exists(select(FlashSale.id).where(_IS_CHANGED))


async def apply_changed_sales(infra: Infra) -> int:
    """Apply every sale whose last change is not known to have reached Redis. Errors: StoreUnavailable."""
    changed = select(FlashSale.id).where(_IS_CHANGED)
    async with infra.database.read() as session:
        sale_ids = list(await session.scalars(changed.order_by(FlashSale.starts_at).limit(_AT_ONCE)))
    applied = 0
    for sale_id in sale_ids:
        try:
            applied += await apply_sale(infra, sale_id, load=True)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("sale.not_applied", sale_id=str(sale_id))  # the others shall not wait for it
    return applied


async def _read_sale(infra: Infra, sale_id: UUID) -> FlashSale | None:
    statement = select(FlashSale).options(selectinload(FlashSale.items)).where(FlashSale.id == sale_id)
    async with infra.database.read() as session:
        return (await session.scalars(statement)).one_or_none()


async def _apply_terms(infra: Infra, sale: FlashSale) -> list[FlashSaleItem]:
    """Returns the items whose counters are to be loaded."""
    replies = await asyncio.gather(*(_apply_item(infra, sale, item) for item in sale.items))
    return [item for item, reply in zip(sale.items, replies, strict=True) if reply == b"NOT_LOADED"]


async def _apply_item(infra: Infra, sale: FlashSale, item: FlashSaleItem) -> bytes:
    terms = Terms.of(sale, item)
    args: list[str | bytes | int] = [RUN_ID, terms.version, terms.starts_ms, terms.ends_ms, int(terms.paused)]
    args += [terms.limit, terms.price, item.quantity]
    return bytes(await run(infra.redis, "apply", [ItemKeys.of(item.sku, item.id).item], args))


async def _load_counters(infra: Infra, sale: FlashSale, items: Sequence[FlashSaleItem]) -> bool:
    """Load the items of the sale; returns False when somebody else is at it."""
    gate = asyncio.Semaphore(_PARALLEL)

    async def load(item: FlashSaleItem) -> None:
        async with gate:
            await load_item(infra, item.sku, item.id, settle=settle_time(infra, sale.starts_at))

    async with loading_alone(infra, sale.id) as is_alone:
        if not is_alone and sale.starts_at <= infra.now():
            return False
        await asyncio.gather(*map(load, items))
    return True


@asynccontextmanager
async def loading_alone(infra: Infra, sale_id: UUID) -> AsyncIterator[bool]:
    """Yields whether nobody else loads counters of the sale: of two loaders that wait for the log the first would
    never finish. Errors: StoreUnavailable.
    """
    name = f"flash:loading:{sale_id.hex}"
    token = new_id().hex  # the command may run twice
    [holder] = await infra.redis.execute(("SET", name, token, "NX", "GET", "EX", _LOAD_ALONE))
    is_alone = holder is None or holder == token.encode()
    try:
        yield is_alone
    finally:
        if is_alone:
            with suppress(StoreUnavailable):
                await infra.redis.execute(("DEL", name))


async def _mark(infra: Infra, sale: FlashSale) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(
            update(FlashSale)
            .where(FlashSale.id == sale.id, FlashSale.version == sale.version)
            .values(applied_version=sale.version)
        )

    if sale.applied_version != sale.version:
        await transact_for_request(infra, work)
