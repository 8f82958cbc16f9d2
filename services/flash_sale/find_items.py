"""Find flash-sale items: from memory for a moment, else from the database."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, select

from infra.cache.dependencies import depend_on
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem, Product, ProductStatus, Variant, WaitingRoom
from models.changes import SALES, item_tag
from models.documents import product_key
from models.flash_sale_document import FlashItemDoc
from models.group_terms import group_terms, mark_of, price_list
from services.charges.rules_at_click import rules_at_click
from services.shared.errors import NotFound

LOCAL_TTL = 2.0
"""Seconds the hot path believes an item without asking; the reservation script checks the window again."""


async def find_item(infra: Infra, item_id: UUID) -> FlashItemDoc:
    """Find an item, and know what it is charged by: who has found it once can sell it without the database.

    Errors: NotFound, StoreUnavailable (never for an item that this process has seen before).
    """
    found = await infra.local.get(("flash_item", item_id), LOCAL_TTL, lambda: _read_one(infra, item_id))
    if found is None:
        raise NotFound("There is no such flash-sale item.")
    return found


def forget_item(infra: Infra, item_id: UUID) -> None:
    """Forget what this process remembers of the item: it is not true any more."""
    infra.local.forget(("flash_item", item_id))


async def _read_one(infra: Infra, item_id: UUID) -> FlashItemDoc | None:
    await rules_at_click(infra)
    return (await find_items(infra, [item_id])).get(item_id)


async def find_items(infra: Infra, item_ids: Sequence[UUID]) -> dict[UUID, FlashItemDoc]:
    """Find the items that are there, in one statement."""
    depend_on(item_tag(item_id) for item_id in item_ids)
    async with infra.database.read() as session:
        found = (await session.execute(_items().where(FlashSaleItem.id.in_(item_ids)))).all()
    depend_on({product_key(row[-1]) for row in found})
    return {row[0].id: _document(*row[:-1]) for row in found}


async def find_open_items(infra: Infra, variant_ids: Sequence[UUID]) -> dict[UUID, Sequence[FlashItemDoc]]:
    """Find the items of sales that run or are to come, by variant, the sale that starts first first; in one
    statement."""
    depend_on([SALES])
    open_, of_these = and_(FlashSale.closed_at.is_(None), FlashSale.ends_at > infra.now()), set(variant_ids)
    statement = _items().where(open_, FlashSaleItem.variant_id.in_(of_these))
    async with infra.database.read() as session:
        found = (await session.execute(statement.order_by(FlashSale.starts_at, FlashSaleItem.id))).all()
    depend_on({product_key(row[-1]) for row in found} | {item_tag(row[0].id) for row in found})
    by_variant: defaultdict[UUID, list[FlashItemDoc]] = defaultdict(list)
    for row in found:
        by_variant[row[0].variant_id].append(_document(*row[:-1]))
    return dict(by_variant)


def _items() -> Select[FlashSaleItem, FlashSale, Variant, str, ProductStatus, str | None, int | None, UUID]:
    sold = (FlashSaleItem, FlashSale, Variant, Product.title, Product.status, Product.tax_class)
    rate = WaitingRoom.admit_per_second
    return (
        select(*sold, rate, Product.id)
        .join(FlashSale, FlashSale.id == FlashSaleItem.sale_id)
        .join(Variant, Variant.id == FlashSaleItem.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(WaitingRoom, WaitingRoom.sale_id == FlashSale.id)
        .where(FlashSaleItem.quantity > 0)
    )


def _document(
    item: FlashSaleItem,
    sale: FlashSale,
    variant: Variant,
    product_title: str,
    status: str,
    tax_class: str | None,
    rate: int | None,
) -> FlashItemDoc:
    own = variant.title
    return FlashItemDoc(
        id=item.id,
        sale_id=sale.id,
        variant_id=item.variant_id,
        sku=item.sku,
        title=product_title if own in ("", "Default Title", product_title) else f"{product_title} - {own}",
        price=item.price,
        currency=item.currency,
        quantity=item.quantity,
        per_customer_limit=item.per_customer_limit,
        starts_at=sale.starts_at,
        ends_at=sale.ends_at,
        closed_at=sale.closed_at,
        version=sale.version,
        is_public=status == ProductStatus.PUBLISHED and variant.archived_at is None,
        needs_pass=rate is not None,
        weight_grams=variant.weight_grams,
        tax_class=tax_class,
        allows_codes=sale.allows_codes,
        requires_delivery=sale.requires_delivery,
        confirmed_email_only=sale.confirmed_email_only,
        group_terms=group_terms(sale.group_terms, item.sku),
        prices=price_list(item.prices),
        mark=mark_of(sale.group_terms, item.prices),
    )
