"""Schedule a flash sale: set stock aside in the database, then put its counters into Redis."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, Product, ProductStatus, StockCause, StockEntry, StockLevel, Variant
from services.catalog import rules
from services.errors import FieldProblem, InvalidInput, NotFound, OutOfStock
from services.events import SALE_SCHEDULED
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.load_item import load_item
from services.money import MoneyError, to_minor

log = structlog.get_logger(__name__)
MAX_NAME = 200
MAX_ITEMS = 100
MAX_QUANTITY = 10_000_000
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """``price`` in the variant's currency; ``quantity`` is set aside from ordinary stock."""

    sku: str
    price: Decimal
    quantity: int
    per_customer_limit: int


@dataclass(frozen=True, slots=True)
class SaleDraft:
    name: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[ItemDraft, ...]


async def schedule_flash_sale(infra: Infra, draft: SaleDraft, actor: str) -> UUID:
    """Returns the sale's id. Errors: InvalidInput, NotFound (a SKU), OutOfStock, StoreUnavailable."""
    problems = list(_problems(draft, infra.now()))
    if problems:
        raise InvalidInput(problems)
    sale, items = await infra.database.transact(
        lambda session: _store(session, infra, draft, actor), timeout=5 * infra.settings.store_timeout
    )
    await _load(infra, sale, items)
    return sale.id


async def _load(infra: Infra, sale: FlashSale, items: list[FlashSaleItem]) -> None:
    # Nobody can have ordered yet, so there is nothing to wait for. What fails here, the workers do.
    try:
        for item in items:
            await load_item(infra, item.sku, item.id, settle=0.0, drain=False)
        await apply_sale(infra, sale.id, load=False)
    except StoreUnavailable:
        log.warning("sale.not_loaded", sale_id=str(sale.id))


async def _store(
    session: AsyncSession, infra: Infra, draft: SaleDraft, actor: str
) -> tuple[FlashSale, list[FlashSaleItem]]:
    variants = await _variants(session, [item.sku for item in draft.items])
    now = infra.now()
    sale = FlashSale(
        id=new_id(),
        name=draft.name.strip(),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        created_at=now,
    )
    session.add(sale)
    await session.flush()
    items = [
        await _set_aside(session, sale, item, variants[item.sku], actor, now, _price(item, index, variants))
        for index, item in sorted(enumerate(draft.items), key=lambda pair: pair[1].sku)
    ]
    announce(session, SALE_SCHEDULED, sale, items, now)
    return sale, items


async def _variants(session: AsyncSession, skus: list[str]) -> dict[str, Variant]:
    # A draft may wait for its sale; customers see the item once the product is published.
    sold = (Variant.archived_at.is_(None), Product.status != ProductStatus.ARCHIVED)
    wanted = select(Variant).join(Product, Product.id == Variant.product_id).where(Variant.sku.in_(skus), *sold)
    found = {variant.sku: variant for variant in await session.scalars(wanted)}
    for sku in skus:
        if sku not in found:
            raise NotFound(f"There is no SKU {sku}.")
    return found


def _price(item: ItemDraft, index: int, variants: dict[str, Variant]) -> int:
    try:
        return to_minor(item.price, variants[item.sku].currency)
    except MoneyError as error:
        raise InvalidInput.at("items", str(index), "price", message=str(error)) from error


async def _set_aside(
    session: AsyncSession,
    sale: FlashSale,
    draft: ItemDraft,
    variant: Variant,
    actor: str,
    now: datetime,
    price: int,
) -> FlashSaleItem:
    taken = await session.execute(
        update(StockLevel)
        .where(StockLevel.sku == draft.sku, StockLevel.available >= draft.quantity)
        .values(
            available=StockLevel.available - draft.quantity,
            set_aside=StockLevel.set_aside + draft.quantity,
            updated_at=now,
        )
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        left = await session.scalar(select(StockLevel.available).where(StockLevel.sku == draft.sku))
        raise OutOfStock(draft.sku, left or 0)
    item = FlashSaleItem(
        id=new_id(),
        sale_id=sale.id,
        variant_id=variant.id,
        sku=draft.sku,
        price=price,
        currency=variant.currency,
        quantity=draft.quantity,
        remaining=draft.quantity,
        per_customer_limit=draft.per_customer_limit,
    )
    entry = StockEntry(
        id=new_id(),
        sku=draft.sku,
        cause=StockCause.SET_ASIDE,
        available=-draft.quantity,
        set_aside=draft.quantity,
        actor=actor,
        reference=sale.id,
        at=now,
    )
    session.add_all([item, entry])
    return item


def _problems(draft: SaleDraft, now: datetime) -> list[FieldProblem]:
    found: list[FieldProblem] = []

    def check(good: bool, message: str, *path: str) -> None:
        if not good:
            found.append(FieldProblem(("input", *path), message))

    name_problem = rules.line_problem(draft.name.strip(), MAX_NAME, required=True)
    check(name_problem is None, name_problem or "", "name")
    check(draft.ends_at > draft.starts_at, "must be after startsAt", "endsAt")
    check(draft.ends_at > now, "must be in the future", "endsAt")
    check(draft.ends_at - draft.starts_at <= _LONGEST, "must be within a year of startsAt", "endsAt")
    check(0 < len(draft.items) <= MAX_ITEMS, f"must have 1 to {MAX_ITEMS} items", "items")
    seen: set[str] = set()
    for index, item in enumerate(draft.items[:MAX_ITEMS]):
        at = ("items", str(index))
        check(item.sku not in seen, "stands twice in this sale", *at, "sku")
        check(0 < item.quantity <= MAX_QUANTITY, f"must be 1 to {MAX_QUANTITY}", *at, "quantity")
        good_limit = 0 < item.per_customer_limit <= MAX_QUANTITY
        check(good_limit, f"must be 1 to {MAX_QUANTITY}", *at, "perCustomerLimit")
        seen.add(item.sku)
    return found
