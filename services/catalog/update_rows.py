"""Bring the rows of a product in line with a file: what differs is changed, what is missing there stays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models import Image, Product, Variant
from services.catalog import shopify_rows as columns
from services.catalog.check_product import CheckedProduct, CheckedVariant
from services.catalog.drafts import ImageDraft
from services.catalog.product_rows import image_rows, variant_row


@dataclass(slots=True)
class StoredProduct:
    """A product as the database has it."""

    product: Product
    variants: list[Variant] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changes:
    """``stocked``: variants that are new, and whose stock is to be made; an old one's stock is never touched."""

    changed: bool
    new_variants: Sequence[Variant] = ()
    stocked: Sequence[CheckedVariant] = ()
    new_images: Sequence[Image] = ()
    old_images: Sequence[Image] = ()


def apply(stored: StoredProduct, checked: CheckedProduct, present: Collection[str], now: datetime) -> Changes:
    """Change the rows; a column that is not ``present`` in the file says nothing. The caller adds and deletes."""
    product = stored.product
    changed = _update_texts(product, checked, present)
    changed |= _update_variants(stored.variants, checked, present)
    stocked, new_variants = _new_variants(stored, checked, now)
    old_images, new_images = _images(stored, checked.draft.images) if columns.IMAGE in present else ([], [])
    changed |= bool(new_variants or old_images or new_images)
    if changed:
        prices = [variant.price for variant in (*stored.variants, *new_variants)]
        product.min_price, product.max_price = min(prices), max(prices)
        product.updated_at = now
    return Changes(changed, new_variants, stocked, new_images, old_images)


def _set(row: Product | Variant, **values: object) -> bool:
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _update_texts(product: Product, checked: CheckedProduct, present: Collection[str]) -> bool:
    values: dict[str, object] = {"title": checked.title}
    if columns.BODY in present:
        values["description"] = checked.draft.description
    if columns.VENDOR in present:
        values["vendor"] = checked.draft.vendor
    if columns.TAGS in present:
        values["tags"] = checked.tags
    # An empty Type says nothing: it would take the category away that somebody chose in the shop.
    if checked.draft.category_id is not None:
        values["category_id"] = checked.draft.category_id
    return _set(product, **values)


def _update_variants(rows: Sequence[Variant], checked: CheckedProduct, present: Collection[str]) -> bool:
    by_sku = {row.sku: row for row in rows}
    changed = False
    for position, variant in enumerate(checked.variants):
        row = by_sku.get(variant.sku)
        if row is not None:
            changed |= _update_variant(row, variant, position, present)
    return changed


def _update_variant(row: Variant, variant: CheckedVariant, position: int, present: Collection[str]) -> bool:
    values: dict[str, object] = {"position": position}
    if columns.OPTION_VALUES[0] in present:
        values |= {"title": variant.title, "options": variant.options}
    if columns.PRICE in present:
        values["price"] = variant.price
    return _set(row, **values)


def _new_variants(
    stored: StoredProduct, checked: CheckedProduct, now: datetime
) -> tuple[list[CheckedVariant], list[Variant]]:
    known = {row.sku for row in stored.variants}
    fresh = [(place, variant) for place, variant in enumerate(checked.variants) if variant.sku not in known]
    rows = [
        variant_row(variant, stored.product.id, stored.product.currency, place, now) for place, variant in fresh
    ]
    return [variant for _, variant in fresh], rows


def _images(stored: StoredProduct, wanted: Sequence[ImageDraft]) -> tuple[list[Image], list[Image]]:
    """The rows to delete and to add: all of them as soon as one differs."""
    have = [(image.url, image.alt_text) for image in sorted(stored.images, key=lambda image: image.position)]
    if have == [(image.url, image.alt_text) for image in wanted]:
        return [], []
    return stored.images, image_rows(wanted, stored.product.id)
