"""The database rows of a new product, from a checked draft. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.ids import new_id
from models import (
    DEFAULT_WAREHOUSE,
    Base,
    Image,
    Product,
    StockCause,
    StockEntry,
    StockLevel,
    Variant,
    VariantPrice,
)
from models.documents import ProductDoc, product_doc
from services.catalog.check_prices import CheckedPrice
from services.catalog.check_product import CheckedProduct, CheckedVariant
from services.catalog.product_draft import ImageDraft
from services.catalog.rules import SLUG_LENGTH
from services.catalog.text_field import texts_of


@dataclass(frozen=True, slots=True)
class NewProduct:
    """The rows of a product that is new, none of them in the database yet."""

    product: Product
    variants: Sequence[Variant]
    prices: Sequence[VariantPrice]
    images: Sequence[Image]
    stock: Sequence[StockLevel | StockEntry]

    @property
    def rows(self) -> list[Base]:
        return [self.product, *self.variants, *self.prices, *self.images, *self.stock]

    def document(self) -> ProductDoc:
        return product_doc(self.product, self.variants, self.images, self.prices)


def new_product(checked: CheckedProduct, product_id: UUID, slug: str, actor: str, now: datetime) -> NewProduct:
    variants = [
        variant_row(variant, product_id, checked.currency, place, now)
        for place, variant in enumerate(checked.variants)
    ]
    pairs = zip(variants, checked.variants, strict=True)
    return NewProduct(
        product=product_row(checked, product_id, slug, now),
        variants=variants,
        prices=[price for row, variant in pairs for price in price_rows(variant.prices, row.id)],
        images=image_rows(checked.draft.images, product_id),
        stock=stock_rows(checked.variants, actor, now),
    )


def product_row(checked: CheckedProduct, product_id: UUID, slug: str, now: datetime) -> Product:
    prices = [variant.price for variant in checked.variants if not variant.archived]
    prices = prices or [variant.price for variant in checked.variants]
    return Product(
        id=product_id,
        slug=slug,
        status=checked.draft.status,
        version=1,
        **texts_of(checked.draft),
        tags=checked.tags,
        option_names=checked.option_names,
        category_id=checked.draft.category_id,
        min_price=min(prices),
        max_price=max(prices),
        currency=checked.currency,
        meta=dict(checked.draft.meta) or None,
        created_at=now,
        updated_at=now,
    )


def variant_row(variant: CheckedVariant, product_id: UUID, currency: str, position: int, now: datetime) -> Variant:
    return Variant(
        id=new_id(),
        product_id=product_id,
        sku=variant.sku,
        title=variant.title,
        options=variant.options,
        price=variant.price,
        compare_at_price=variant.compare_at,
        currency=currency,
        weight_grams=variant.weight_grams,
        position=position,
        archived_at=now if variant.archived else None,
        meta=dict(variant.meta) or None,
    )


def price_rows(prices: Iterable[CheckedPrice], variant_id: UUID) -> list[VariantPrice]:
    return [
        VariantPrice(
            variant_id=variant_id, currency=price.currency, amount=price.amount, compare_at=price.compare_at
        )
        for price in prices
    ]


def image_rows(images: Sequence[ImageDraft], product_id: UUID) -> list[Image]:
    rows: list[Image] = []
    for position, image in enumerate(images):
        row = Image(id=new_id(), product_id=product_id, url=image.url, alt_text=image.alt_text, position=position)
        if image.media is not None:
            row.media_name, row.width, row.height = image.media.name, image.media.width, image.media.height
            row.thumbnails = list(image.media.thumbnails)
        rows.append(row)
    return rows


def stock_rows(variants: Iterable[CheckedVariant], actor: str, now: datetime) -> list[StockLevel | StockEntry]:
    """Returns a level for each new variant, and what the ledger says of it: the first units came in."""
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
    counts = {"on_hand": count, "available": count, "set_aside": 0, "held": 0, "committed": 0}
    # Whoever makes a product writes its entries in the index with it.
    # A key that is left to its default costs a statement a row where there is no INSERT ... RETURNING: on MySQL.
    return StockLevel(sku=sku, warehouse_id=DEFAULT_WAREHOUSE, listed=count > 0, updated_at=now, **counts)


def free_slug(checked: CheckedProduct, product_id: UUID, taken: Collection[str]) -> str:
    """Returns a slug as it was asked for; one made from the title gives way to one that is ``taken``."""
    if checked.slug is None:
        return f"product-{product_id.hex[-12:]}"
    if checked.slug_is_made and checked.slug in taken:
        return f"{checked.slug[: SLUG_LENGTH - 13]}-{product_id.hex[-12:]}"
    return checked.slug
