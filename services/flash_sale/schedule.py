"""Schedule a flash sale: set stock aside in the database, then put its counters into Redis."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from infra.clock import whole_millis
from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, Variant
from services.events import SALE_SCHEDULED
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.drafts import ItemDraft, SaleDraft, check_draft, find_variants, prices
from services.flash_sale.load_item import load_item
from services.flash_sale.set_aside import set_aside

log = structlog.get_logger(__name__)


async def schedule_flash_sale(infra: Infra, draft: SaleDraft, actor: str) -> UUID:
    """Returns the sale's id. Errors: InvalidInput, NotFound (a SKU), OutOfStock, StoreUnavailable."""
    check_draft(draft, infra.now())
    sale, items = await infra.database.transact(
        lambda session: _store(session, infra, draft, actor), timeout=5 * infra.settings.store_timeout
    )
    await load_unsold(infra, sale.id, items)
    return sale.id


async def load_unsold(infra: Infra, sale_id: UUID, items: Sequence[FlashSaleItem]) -> None:
    """Of a sale that nobody can have ordered from, so there is nothing to wait for. What fails, the workers do."""
    try:
        for item in items:
            await load_item(infra, item.sku, item.id, settle=0.0, drain=False)
        await apply_sale(infra, sale_id, load=False)
    except StoreUnavailable:
        log.warning("sale.not_loaded", sale_id=str(sale_id))


async def _store(
    session: AsyncSession, infra: Infra, draft: SaleDraft, actor: str
) -> tuple[FlashSale, list[FlashSaleItem]]:
    variants = await find_variants(session, [item.sku for item in draft.items])
    price_of, now = prices(draft.items, variants), infra.now()
    sale = FlashSale(
        id=new_id(),
        name=draft.name.strip(),
        starts_at=whole_millis(draft.starts_at),
        ends_at=whole_millis(draft.ends_at),
        created_at=now,
    )
    session.add(sale)
    await session.flush()
    items: list[FlashSaleItem] = []
    for item in sorted(draft.items, key=lambda item: item.sku):
        items.append(await add_item(session, sale, item, variants[item.sku], price_of[item.sku], actor, now))
    announce(session, SALE_SCHEDULED, sale, items, now)
    return sale, items


async def add_item(
    session: AsyncSession,
    sale: FlashSale,
    draft: ItemDraft,
    variant: Variant,
    price: int,
    actor: str,
    now: datetime,
) -> FlashSaleItem:
    """In the caller's transaction, with its stock. Errors: OutOfStock."""
    warehouse_id = await set_aside(session, draft.sku, draft.quantity, sale.id, actor, now)
    item = FlashSaleItem(
        id=new_id(),
        sale_id=sale.id,
        variant_id=variant.id,
        sku=draft.sku,
        warehouse_id=warehouse_id,
        price=price,
        currency=variant.currency,
        quantity=draft.quantity,
        remaining=draft.quantity,
        per_customer_limit=draft.per_customer_limit,
    )
    session.add(item)
    return item
