"""Bring the rows of a product in line with a file: what differs is changed, what is missing there stays. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models import Base, Image, Variant
from services.catalog import rules
from services.catalog.apply_change import set_values
from services.catalog.check_prices import CheckedPrice
from services.catalog.check_product import CheckedProduct, CheckedVariant
from services.catalog.new_product import image_rows, price_rows, variant_row
from services.catalog.product_draft import ImageDraft
from services.catalog.shopify import rows as columns
from services.catalog.stored_product import StoredProduct
from services.catalog.text_field import TEXT_FIELDS


@dataclass(slots=True)
class Changes:
    """``new`` and ``gone`` rows are the caller's to add and to delete. ``stocked``: variants that are new, and
    whose stock is to be made; an old one's stock is never touched.
    """

    changed: bool = False
    new: list[Base] = field(default_factory=list)
    gone: list[Base] = field(default_factory=list)
    stocked: list[CheckedVariant] = field(default_factory=list)


def apply(stored: StoredProduct, checked: CheckedProduct, headings: Mapping[str, str], now: datetime) -> Changes:
    """Change the rows; a column that is not among the ``headings`` says nothing."""
    changes = Changes(set_values(stored.product, _product_values(checked, headings)))
    for position, variant in enumerate(checked.variants):
        row = next((row for row in stored.variants if row.sku == variant.sku), None)
        if row is None:
            row = _add_variant(changes, stored, variant, position, now)
        else:
            changes.changed |= set_values(row, _variant_values(row, checked, position, headings, now))
        _update_prices(changes, stored, row, variant.prices, headings)
    if columns.IMAGE in headings:
        _update_images(changes, stored, checked.draft.images)
    changes.changed |= bool(changes.new or changes.gone)
    if changes.changed:
        stored.settle(now)
    return changes


def problems(stored: StoredProduct) -> Iterator[tuple[str, str]]:
    """Yields the columns, and what is wrong with the product as it is after a change: variants that the file does
    not name are part of it too."""
    live = stored.live_variants
    if not live:
        yield columns.ARCHIVED, "must be false for one variant of the product at least"
        return
    others: set[tuple[tuple[str, str], ...]] = set()
    for variant in live:
        if problem := rules.options_beside_problem(live[0].options, others, variant.options):
            yield columns.OPTION_VALUES[0], f"of the variant {variant.sku}: {problem}"
        others.add(rules.option_key(variant.options))


def _product_values(checked: CheckedProduct, present: Mapping[str, str]) -> dict[str, object]:
    draft = checked.draft
    by_column: dict[str, tuple[str, object]] = {
        **{field.column: (field.name, field.clean(getattr(draft, field.name))) for field in TEXT_FIELDS},
        columns.TAGS: ("tags", checked.tags),
        columns.STATUS: ("status", draft.status),
        columns.OPTION_NAMES[0]: ("option_names", checked.option_names),
    }
    values = dict(value for column, value in by_column.items() if column in present)
    # An empty Type says nothing: it would take the category away that somebody chose in the shop.
    if draft.category_id is not None:
        values["category_id"] = draft.category_id
    return values


def _variant_values(
    row: Variant, checked: CheckedProduct, position: int, present: Mapping[str, str], now: datetime
) -> dict[str, object]:
    variant, named = checked.variants[position], checked.draft.variants[position].title
    values: dict[str, object] = {"position": position}
    if columns.OPTION_VALUES[0] in present:
        values |= {"title": variant.title, "options": variant.options}
    if named:
        values["title"] = variant.title
    if columns.PRICE in present:
        values["price"] = variant.price
    if columns.COMPARE_AT in present:
        values["compare_at_price"] = variant.compare_at
    if columns.GRAMS in present:
        values["weight_grams"] = variant.weight_grams
    if columns.ARCHIVED in present and variant.archived != (row.archived_at is not None):
        values["archived_at"] = now if variant.archived else None
    return values


def _add_variant(
    changes: Changes, stored: StoredProduct, variant: CheckedVariant, position: int, now: datetime
) -> Variant:
    row = variant_row(variant, stored.product.id, stored.product.currency, position, now)
    stored.variants.append(row)
    changes.new.append(row)
    changes.stocked.append(variant)
    return row


def _update_prices(
    changes: Changes,
    stored: StoredProduct,
    row: Variant,
    wanted: Sequence[CheckedPrice],
    present: Mapping[str, str],
) -> None:
    """Of the currencies that the file has a column for; an empty cell takes the price away."""
    known = {
        price.currency: price
        for price in stored.prices_of(row.id)
        if columns.price_column(price.currency) in present
    }
    for price in wanted:
        old = known.pop(price.currency, None)
        if old is None:
            [new] = price_rows([price], row.id)
            stored.prices.append(new)
            changes.new.append(new)
        else:
            changes.changed |= set_values(old, {"amount": price.amount, "compare_at": price.compare_at})
    for gone in known.values():
        stored.prices.remove(gone)
        changes.gone.append(gone)


def _update_images(changes: Changes, stored: StoredProduct, wanted: Sequence[ImageDraft]) -> None:
    """All of them anew as soon as one differs."""
    have = sorted(stored.images, key=lambda image: (image.position, image.id))
    if [(image.url, image.alt_text) for image in have] == [(image.url, image.alt_text) for image in wanted]:
        return
    new: list[Image] = image_rows(wanted, stored.product.id)
    changes.gone.extend(stored.images)
    changes.new.extend(new)
    stored.images = new
