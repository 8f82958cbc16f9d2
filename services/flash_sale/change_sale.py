"""Change a sale: before it starts all of it, afterwards its name and its end.

By prices and quantities that change nothing may be sold, neither before nor after. So before the start or the
items of a sale change, its counters in Redis are fenced off: from then on nothing is sold from them; when Redis's
clock says that the sale has started, it is too late. The transaction of the change commits only if the fences
still stand, and whoever loads the counters after that reads the change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from infra.clock import whole_millis
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, FlashSaleStatus, StockCause
from models.flash_sale_document import sale_status
from models.group_terms import price_list
from services.catalog.product_draft import PriceDraft
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.change_state import lock_sale
from services.flash_sale.item_prices import ItemPrices, Priceable, item_prices, priceable
from services.flash_sale.load_item import Fence, FenceMode, SaleStarted, fence_is_ours, fence_item
from services.flash_sale.rules import ItemDraft, SaleDraft, check_draft, find_variants
from services.flash_sale.schedule_flash_sale import add_item, load_unsold
from services.flash_sale.set_aside import change_set_aside, set_aside
from services.flash_sale.states import SaleField, may_change, needs_fence
from services.money.amounts import to_decimal
from services.reservation.keys import ItemKeys
from services.shared.errors import (
    FieldProblem,
    FlashSaleStateConflict,
    InvalidInput,
    NotFound,
    StaleVersion,
    TryAgain,
)
from services.shared.events import SaleChanged
from services.shared.patience import or_try_again, transact_for_request
from services.stock.rows import Origin

log = structlog.get_logger(__name__)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class SaleChange:
    """None leaves a field as it is; ``items`` are all that the sale shall have. ``version`` as it was read."""

    sale_id: UUID
    version: int
    name: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    items: tuple[ItemDraft, ...] | None = None
    allows_codes: bool | None = None
    requires_delivery: bool | None = None
    confirmed_email_only: bool | None = None


class _CountersReloaded(Exception):
    """Somebody loaded counters meanwhile."""


async def change_sale(infra: Infra, wish: SaleChange, actor: str) -> None:
    """Returns when nobody sells by what was changed. What is so already is left alone, whatever the version.

    Errors: NotFound (the sale, a SKU), StaleVersion, FlashSaleStateConflict (it is over), InvalidInput (also for
    what cannot be changed any more), OutOfStock, TryAgain.
    """
    with or_try_again():
        for _ in range(_TRIES):
            try:
                return await _change_once(infra, wish, actor)
            except _CountersReloaded:
                log.info("sale.change_overtaken", sale_id=str(wish.sale_id))
    raise TryAgain


async def _change_once(infra: Infra, wish: SaleChange, actor: str) -> None:
    sale = await _read_sale(infra, wish.sale_id)
    changed = _changed_fields(sale, wish)
    if changed:
        _check_change(sale, wish, changed, infra.now())
    if any(map(needs_fence, changed)):
        await _change_fenced(infra, sale, wish, changed, actor)
        return
    if changed:
        by = await priceable(infra, ())
        await transact_for_request(infra, lambda session: _store(session, infra, wish, by, {}, actor))
    await apply_sale(infra, wish.sale_id, load=False)


async def _read_sale(infra: Infra, sale_id: UUID) -> FlashSale:
    statement = select(FlashSale).options(selectinload(FlashSale.items)).where(FlashSale.id == sale_id)
    async with infra.database.read() as session:
        sale = (await session.scalars(statement)).one_or_none()
    if sale is None:
        raise NotFound("There is no such flash sale.")
    return sale


def _changed_fields(sale: FlashSale, wish: SaleChange) -> set[SaleField]:
    own = {
        SaleField.NAME: sale.name,
        SaleField.STARTS_AT: sale.starts_at,
        SaleField.ENDS_AT: sale.ends_at,
        SaleField.ALLOWS_CODES: sale.allows_codes,
        SaleField.REQUIRES_DELIVERY: sale.requires_delivery,
        SaleField.CONFIRMED_EMAIL_ONLY: sale.confirmed_email_only,
    }
    asked = {
        SaleField.NAME: None if wish.name is None else wish.name.strip(),
        SaleField.STARTS_AT: wish.starts_at and whole_millis(wish.starts_at),
        SaleField.ENDS_AT: wish.ends_at and whole_millis(wish.ends_at),
        SaleField.ALLOWS_CODES: wish.allows_codes,
        SaleField.REQUIRES_DELIVERY: wish.requires_delivery,
        SaleField.CONFIRMED_EMAIL_ONLY: wish.confirmed_email_only,
    }
    changed = {field for field in own if asked[field] is not None and asked[field] != own[field]}
    if wish.items is not None and _whole(wish.items, sale) != sorted(_drafts(sale), key=_by_sku):
        changed.add(SaleField.ITEMS)
    return changed


def _by_sku(draft: ItemDraft) -> str:
    return draft.sku


def _whole(drafts: Sequence[ItemDraft], sale: FlashSale) -> list[ItemDraft]:
    """Returns them by SKU, with the prices that stay."""
    own = {item.sku: _listed(item) for item in sale.items}
    whole = []
    for draft in sorted(drafts, key=_by_sku):
        listed = own.get(draft.sku, ()) if draft.prices is None else draft.prices
        whole.append(replace(draft, prices=tuple(sorted(listed, key=lambda price: price.currency))))
    return whole


def _drafts(sale: FlashSale) -> list[ItemDraft]:
    return [
        ItemDraft(
            item.sku, to_decimal(item.price, item.currency), item.quantity, item.per_customer_limit, _listed(item)
        )
        for item in sale.items
        if item.quantity
    ]


def _listed(item: FlashSaleItem) -> tuple[PriceDraft, ...]:
    return tuple(PriceDraft(code, to_decimal(price, code)) for code, price in price_list(item.prices))


def _check_change(sale: FlashSale, wish: SaleChange, changed: set[SaleField], now: datetime) -> None:
    status = sale_status(sale, now)
    if status is FlashSaleStatus.ENDED:
        raise FlashSaleStateConflict(status, "change")
    if wish.version != sale.version:
        raise StaleVersion(sale.version)
    _require_changeable(changed, status)
    draft = SaleDraft(
        sale.name if wish.name is None else wish.name,
        wish.starts_at or sale.starts_at,
        wish.ends_at or sale.ends_at,
        tuple(_drafts(sale)) if wish.items is None else wish.items,
    )
    check_draft(draft, now)


def _require_changeable(changed: set[SaleField], status: FlashSaleStatus) -> None:
    refused = sorted(field for field in changed if not may_change(field, status))
    if refused:
        message = "cannot be changed once the sale has started"
        raise InvalidInput([FieldProblem(("input", field.value), message) for field in refused])


async def _change_fenced(
    infra: Infra, sale: FlashSale, wish: SaleChange, changed: set[SaleField], actor: str
) -> None:
    items: Sequence[FlashSaleItem] = sale.items
    by = await priceable(infra, wish.items or ())
    await _note_unapplied(infra, sale.id)
    try:
        fences = {item.id: await _fence(infra, item) for item in sale.items}
        items = await transact_for_request(infra, lambda session: _store(session, infra, wish, by, fences, actor))
    except SaleStarted:
        _require_changeable(changed, FlashSaleStatus.RUNNING)
        raise
    finally:
        # Also when nothing was changed: what was fenced off shall sell again.
        await load_unsold(infra, sale.id, items)


async def _note_unapplied(infra: Infra, sale_id: UUID) -> None:
    """The workers look after the counters if this process does not come to it."""

    async def work(session: AsyncSession) -> None:
        await session.execute(update(FlashSale).where(FlashSale.id == sale_id).values(applied_version=0))

    await transact_for_request(infra, work)


async def _fence(infra: Infra, item: FlashSaleItem) -> Fence:
    fence = await fence_item(infra, item.sku, item.id, FenceMode.BEFORE_START)
    if fence is None:
        raise _CountersReloaded
    return fence


async def _store(
    session: AsyncSession, infra: Infra, wish: SaleChange, by: Priceable, fences: dict[UUID, Fence], actor: str
) -> list[FlashSaleItem]:
    now = infra.now()
    sale = await lock_sale(session, wish.sale_id)
    if wish.version != sale.version:
        raise StaleVersion(sale.version)
    if sale.closed_at is not None or sale.ends_at <= now:
        raise FlashSaleStateConflict(FlashSaleStatus.ENDED, "change")
    await _require_fences(session, infra, fences)
    sale.name = sale.name if wish.name is None else wish.name.strip()
    sale.starts_at = whole_millis(wish.starts_at or sale.starts_at)
    sale.ends_at = whole_millis(wish.ends_at or sale.ends_at)
    sale.allows_codes = sale.allows_codes if wish.allows_codes is None else wish.allows_codes
    sale.requires_delivery = sale.requires_delivery if wish.requires_delivery is None else wish.requires_delivery
    if wish.confirmed_email_only is not None:
        sale.confirmed_email_only = wish.confirmed_email_only
    sale.version += 1
    items = list(sale.items)
    if wish.items is not None and fences:
        items = await _store_items(session, sale, wish.items, by, actor, now)
    await announce(session, SaleChanged, sale, items, now)
    return items


async def _require_fences(session: AsyncSession, infra: Infra, fences: dict[UUID, Fence]) -> None:
    """Whoever loads an item has its row locked while reading it: after this all of them read the change."""
    locked = select(FlashSaleItem).where(FlashSaleItem.id.in_(fences)).order_by(FlashSaleItem.id)
    for item in await session.scalars(locked.with_for_update()):
        if not await fence_is_ours(infra, ItemKeys.of(item.sku, item.id), fences[item.id]):
            raise _CountersReloaded


async def _store_items(
    session: AsyncSession, sale: FlashSale, drafts: Sequence[ItemDraft], by: Priceable, actor: str, now: datetime
) -> list[FlashSaleItem]:
    """Returns all items, also those taken out: their counters are to be loaded with nothing left."""
    variants = await find_variants(session, [draft.sku for draft in drafts])
    price_of = item_prices(drafts, variants, by)
    wanted, own = {draft.sku: draft for draft in drafts}, {item.sku: item for item in sale.items}
    for sku in sorted(wanted.keys() | own.keys(), key=str.encode):
        draft, item = wanted.get(sku), own.get(sku)
        if item is None:
            assert draft is not None
            own[sku] = await add_item(session, sale, draft, variants[sku], price_of[sku], actor, now)
            continue
        quantity = draft.quantity if draft else 0
        more = quantity - item.quantity
        if quantity and not item.quantity:
            item.warehouse_id = await set_aside(session, sku, quantity, sale.id, actor, now)
        else:
            await change_set_aside(session, item, more, Origin(StockCause.SET_ASIDE, actor), now)
        item.quantity, item.remaining = quantity, item.remaining + more
        if draft is None:
            item.prices = None
        else:
            _set_prices(item, price_of[sku], variants[sku].currency)
            item.per_customer_limit = draft.per_customer_limit
    return list(own.values())


def _set_prices(item: FlashSaleItem, wanted: ItemPrices, currency: str) -> None:
    item.price, item.currency = wanted.own, currency
    if wanted.listed is not None:
        item.prices = wanted.listed or None
