"""Bring the rows of a product in line with a file: what differs is changed, what is missing there stays. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from models import Base, Image, Product, Variant
from models.metadata_document import Meta
from services.catalog import rules
from services.catalog.apply_change import set_values
from services.catalog.check_prices import CheckedPrice
from services.catalog.check_product import CheckedProduct, CheckedVariant
from services.catalog.made_titles import made_titles, make_titles_again
from services.catalog.new_product import image_rows, price_rows, variant_row
from services.catalog.product_draft import ImageDraft
from services.catalog.shopify import rows as columns
from services.catalog.shopify.metafields import Metafields
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


def apply(
    stored: StoredProduct,
    checked: CheckedProduct,
    headings: Mapping[str, str],
    now: datetime,
    known_meta: Metafields = MappingProxyType({}),
) -> Changes:
    """Change the rows; a column that is not among the ``headings`` says nothing."""
    made = made_titles(stored)
    changes = Changes(set_values(stored.product, _product_values(checked, headings)))
    named = {one.id.hex for column, one in known_meta.items() if column in headings}
    changes.changed |= _update_meta(stored.product, checked.draft.meta, named)
    known = {row.sku: row for row in stored.variants}
    in_file_order = known.keys() <= {variant.sku for variant in checked.variants}
    behind = max(row.position for row in stored.variants) + 1
    for place, variant in enumerate(checked.variants):
        row = known.get(variant.sku)
        if row is None:
            row = _add_variant(changes, stored, variant, place if in_file_order else behind + place, now)
        else:
            values = _variant_values(row, checked, place, headings, now)
            changes.changed |= set_values(row, values | ({"position": place} if in_file_order else {}))
            made -= {row.id} if checked.draft.variants[place].title else set()
            changes.changed |= _update_meta(row, variant.meta, named)
        _update_prices(changes, stored, row, variant.prices, headings)
    changes.changed |= make_titles_again(stored, made)
    if columns.IMAGE in headings:
        _update_images(changes, stored, checked.draft.images, keep_texts=columns.IMAGE_ALT not in headings)
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
        columns.OPTION_NAMES[0]: ("option_names", checked.option_names),
    }
    values = dict(value for column, value in by_column.items() if column in present)
    values["status"] = draft.status
    # An empty Type says nothing: it would take the category away that somebody chose in the shop.
    if draft.category_id is not None:
        values["category_id"] = draft.category_id
    return values


def _variant_values(
    row: Variant, checked: CheckedProduct, position: int, present: Mapping[str, str], now: datetime
) -> dict[str, object]:
    variant = checked.variants[position]
    values: dict[str, object] = {}
    if columns.OPTION_VALUES[0] in present:
        values["options"] = variant.options
    if columns.VARIANT_TITLE in present:
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


def _update_meta(row: Product | Variant, wanted: Meta, named: Collection[str]) -> bool:
    """Of the definitions that the file has a column for; an empty cell takes the value away."""
    kept = {id_: value for id_, value in (row.meta or {}).items() if id_ not in named}
    after = kept | {id_: value for id_, value in wanted.items() if id_ in named}
    return set_values(row, {"meta": after or None})


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
    """Of the currencies that the file has a column for; an empty cell takes the amount away."""
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
            values: dict[str, object] = {"amount": price.amount}
            if columns.compare_at_column(price.currency) in present:
                values["compare_at"] = price.compare_at
            changes.changed |= set_values(old, values)
    for gone in known.values():
        stored.prices.remove(gone)
        changes.gone.append(gone)


def _update_images(
    changes: Changes, stored: StoredProduct, wanted: Sequence[ImageDraft], *, keep_texts: bool
) -> None:
    """All of them anew as soon as one differs; ``keep_texts``: an image that stays has the text that it had."""
    if keep_texts:
        texts = {image.url: image.alt_text for image in stored.images}
        wanted = [replace(image, alt_text=texts.get(image.url)) for image in wanted]
    have = sorted(stored.images, key=lambda image: (image.position, image.id))
    if [(image.url, image.alt_text) for image in have] == [(image.url, image.alt_text) for image in wanted]:
        return
    new: list[Image] = image_rows(wanted, stored.product.id)
    changes.gone.extend(stored.images)
    changes.new.extend(new)
    stored.images = new
