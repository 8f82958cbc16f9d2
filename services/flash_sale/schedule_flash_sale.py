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
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale, loading_alone
from services.flash_sale.item_prices import ItemPrices, Priceable, item_prices, priceable
from services.flash_sale.load_item import load_item
from services.flash_sale.rules import (
    ItemDraft,
    SaleDraft,
    check_draft,
    check_rate,
    find_variants,
    new_room,
)
from services.flash_sale.set_aside import set_aside
from services.shared.events import SaleScheduled
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again, transact_for_request

log = structlog.get_logger(__name__)
OPERATION = "scheduleFlashSale"


async def schedule_flash_sale(infra: Infra, draft: SaleDraft, actor: str, once: Request | None = None) -> UUID:
    """Returns the sale's id; of a request that came before, that of the sale it made then.

    Errors: InvalidInput, NotFound (a SKU), OutOfStock, IdempotencyConflict, TryAgain, StoreUnavailable.
    """
    sale_id, made = new_id(), list[FlashSaleItem]()
    with or_try_again():
        by = await priceable(infra, draft.items)

    async def work(session: AsyncSession) -> None:
        # Not before: a sale that was made with this key may be over when it is asked for again.
        check_draft(draft, infra.now())
        check_rate(draft.admit_per_second, "admitPerSecond")
        made[:] = await _store(session, infra, draft, by, actor, sale_id)

    if once is None:
        await transact_for_request(infra, work, times=5)
    elif (earlier := await do_once(infra, once, sale_id, work)) != sale_id:
        return earlier
    await load_unsold(infra, sale_id, made)
    return sale_id


def schedule_request(owner_id: UUID, key: str, draft: SaleDraft) -> Request:
    """Errors: InvalidInput (the key)."""
    items = [f"{i.sku} {i.price} {i.quantity} {i.per_customer_limit}{_listed(i)}" for i in draft.items]
    terms = [
        name for name in ("allows_codes", "requires_delivery", "confirmed_email_only") if getattr(draft, name)
    ]
    times = (whole_millis(draft.starts_at).isoformat(), whole_millis(draft.ends_at).isoformat())
    return Request.of(owner_id, OPERATION, key, draft.name, draft.admit_per_second, *times, *terms, *sorted(items))


def _listed(item: ItemDraft) -> str:
    return "".join(f" {price.currency} {price.amount}" for price in item.prices or ())


async def load_unsold(infra: Infra, sale_id: UUID, items: Sequence[FlashSaleItem]) -> None:
    """Load a sale that nobody can have ordered from, so there is nothing to wait for.

    What fails, the workers do.
    """
    try:
        async with loading_alone(infra, sale_id) as is_alone:
            for item in items if is_alone else ():
                await load_item(infra, item.sku, item.id, settle=0.0, drain=False)
        await apply_sale(infra, sale_id, load=False)
    except StoreUnavailable:
        log.warning("sale.not_loaded", sale_id=str(sale_id))


async def _store(
    session: AsyncSession, infra: Infra, draft: SaleDraft, by: Priceable, actor: str, sale_id: UUID
) -> list[FlashSaleItem]:
    variants = await find_variants(session, [item.sku for item in draft.items])
    price_of, now = item_prices(draft.items, variants, by), infra.now()
    sale = FlashSale(
        id=sale_id,
        name=draft.name.strip(),
        starts_at=whole_millis(draft.starts_at),
        ends_at=whole_millis(draft.ends_at),
        allows_codes=draft.allows_codes,
        requires_delivery=draft.requires_delivery,
        confirmed_email_only=draft.confirmed_email_only,
        created_at=now,
    )
    session.add(sale)
    await session.flush()
    items: list[FlashSaleItem] = []
    for item in sorted(draft.items, key=lambda item: item.sku):
        items.append(await add_item(session, sale, item, variants[item.sku], price_of[item.sku], actor, now))
    if draft.admit_per_second is not None:
        session.add(new_room(sale, draft.admit_per_second, now))
    await announce(session, SaleScheduled, sale, items, now)
    return items


async def add_item(
    session: AsyncSession,
    sale: FlashSale,
    draft: ItemDraft,
    variant: Variant,
    price: ItemPrices,
    actor: str,
    now: datetime,
) -> FlashSaleItem:
    """Add an item in the caller's transaction, with its stock. Errors: OutOfStock."""
    warehouse_id = await set_aside(session, draft.sku, draft.quantity, sale.id, actor, now)
    item = FlashSaleItem(
        id=new_id(),
        sale_id=sale.id,
        variant_id=variant.id,
        sku=draft.sku,
        warehouse_id=warehouse_id,
        price=price.own,
        currency=variant.currency,
        prices=price.listed or None,
        quantity=draft.quantity,
        remaining=draft.quantity,
        per_customer_limit=draft.per_customer_limit,
    )
    session.add(item)
    return item
