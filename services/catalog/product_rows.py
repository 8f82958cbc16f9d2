"""Database rows of a checked product."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from infra.ids import new_id
from models import Image, Product, ProductStatus, StockCause, StockEntry, StockLevel, Variant
from services.catalog.check_product import CheckedProduct, CheckedVariant
from services.catalog.drafts import ImageDraft


def product_row(checked: CheckedProduct, product_id: UUID, slug: str, now: datetime) -> Product:
    prices = [variant.price for variant in checked.variants]
    return Product(
        id=product_id,
        slug=slug,
        status=ProductStatus.PUBLISHED,
        version=1,
        title=checked.title,
        description=checked.draft.description,
        vendor=checked.draft.vendor.strip(),
        tags=checked.tags,
        category_id=checked.draft.category_id,
        min_price=min(prices),
        max_price=max(prices),
        currency=checked.currency,
        created_at=now,
        updated_at=now,
    )


def variant_row(variant: CheckedVariant, product_id: UUID, currency: str, position: int) -> Variant:
    return Variant(
        id=new_id(),
        product_id=product_id,
        sku=variant.sku,
        title=variant.title,
        options=variant.options,
        price=variant.price,
        currency=currency,
        position=position,
    )


def variant_rows(checked: CheckedProduct, product_id: UUID) -> list[Variant]:
    return [
        variant_row(variant, product_id, checked.currency, position)
        for position, variant in enumerate(checked.variants)
    ]


def image_rows(images: Sequence[ImageDraft], product_id: UUID) -> list[Image]:
    return [
        Image(id=new_id(), product_id=product_id, url=image.url, alt_text=image.alt_text, position=position)
        for position, image in enumerate(images)
    ]


def stock_rows(variants: Iterable[CheckedVariant], actor: str, now: datetime) -> list[StockLevel | StockEntry]:
    """A level for each new variant, and what the ledger says of it: the first units came in."""
    rows: list[StockLevel | StockEntry] = []
    for variant in variants:
        count = variant.quantity
        rows.append(_level(variant.sku, count, now))
        rows.append(
            StockEntry(
                id=new_id(), sku=variant.sku, cause=StockCause.RECEIVED, on_hand=count, available=count,
                set_aside=0, held=0, committed=0, actor=actor, reference=None, note=None, at=now,
            )
        )  # fmt: skip
    return rows


def _level(sku: str, count: int, now: datetime) -> StockLevel:
    return StockLevel(sku=sku, on_hand=count, available=count, set_aside=0, held=0, committed=0, updated_at=now)
