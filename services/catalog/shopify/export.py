"""A product as rows of Shopify's CSV, with columns of our own for what Shopify has none. Pure.

What ``shopify_csv`` makes of these rows is the same product again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from models.documents import ImageDoc, ProductDoc, VariantDoc
from models.enums import MetadataOwner
from models.metadata_document import DefinitionDoc, Meta
from services.catalog.check_product import derived_title
from services.catalog.shopify import cells
from services.catalog.shopify import rows as columns
from services.catalog.shopify.metafields import heading_of, metafields
from services.catalog.shopify.parsed_product import CategoryPath
from services.catalog.shopify.product import NO_OPTION
from services.catalog.text_field import TEXT_FIELDS
from services.media.rules import PATH
from services.metadata.views import values_of
from services.money.amounts import to_decimal

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Exported:
    """``category`` is the way to it; ``quantities`` are units on hand, by SKU; ``address`` is where an uploaded
    image can be fetched, by its name.
    """

    product: ProductDoc
    category: CategoryPath
    quantities: Mapping[str, int]
    address: Callable[[str], str] = lambda name: f"{PATH}/{name}"
    defined: Sequence[DefinitionDoc] = ()


def headings(currencies: Sequence[str], defined: Iterable[DefinitionDoc] = ()) -> list[str]:
    """Returns all columns; ``currencies`` are those of the price lists, ``defined`` the keys of metadata."""
    lists = ((columns.price_column(currency), columns.compare_at_column(currency)) for currency in currencies)
    listed = (column for pair in lists for column in pair)
    return [*columns.KNOWN, *listed, *map(heading_of, metafields(defined).values())]


def rows(exported: Exported) -> Iterator[Cells]:
    """Yields a row a variant, with an image each as far as there are any; images beyond are rows of their own."""
    product = exported.product
    first: Mapping[str, str] = product.variants[0].options
    for place, (variant, image) in enumerate(zip_longest(product.variants, product.images)):
        cells = {columns.HANDLE: product.slug}
        if place == 0:
            cells |= _product_cells(exported)
        if variant is not None:
            cells |= _variant_cells(variant, exported)
            cells |= _option_cells(variant, first, with_names=place == 0)
        if image is not None:
            cells |= _image_cells(image, place, exported)
        yield cells


def _product_cells(exported: Exported) -> Cells:
    product = exported.product
    slugs, names = cells.write_category_path(exported.category)
    return {
        **{field.column: getattr(product, field.name) or "" for field in TEXT_FIELDS},
        columns.CATEGORY_NAMES: names,
        columns.TYPE: exported.category[-1][1] if exported.category else "",
        columns.CATEGORY_PATH: slugs,
        columns.TAGS: cells.write_tags(product.tags),
        columns.PUBLISHED: _yes_no(product.is_public),
        columns.STATUS: cells.STATUS_NAMES[product.status],
        columns.CURRENCY: product.currency,
        **_meta_cells(product.meta, MetadataOwner.PRODUCT, exported),
    }


def _meta_cells(meta: Meta, owner: MetadataOwner, exported: Exported) -> Cells:
    return {heading_of(one): value for one, value in values_of(meta, exported.defined, owner)}


def _variant_cells(variant: VariantDoc, exported: Exported) -> Cells:
    cells = {
        columns.SKU: variant.sku,
        columns.GRAMS: "" if variant.weight_grams is None else str(variant.weight_grams),
        columns.QUANTITY: str(exported.quantities.get(variant.sku, 0)),
        columns.PRICE: _amount(variant.price, variant.currency),
        columns.COMPARE_AT: _amount(variant.compare_at_price, variant.currency),
        columns.ARCHIVED: _yes_no(variant.archived),
        **_meta_cells(variant.meta, MetadataOwner.VARIANT, exported),
    }
    if variant.title != derived_title(variant.options, exported.product.title):
        cells[columns.VARIANT_TITLE] = variant.title
    for price in variant.prices:
        cells[columns.price_column(price.currency)] = _amount(price.amount, price.currency)
        cells[columns.compare_at_column(price.currency)] = _amount(price.compare_at, price.currency)
    return cells


def _option_cells(variant: VariantDoc, first: Mapping[str, str], *, with_names: bool) -> Cells:
    """Returns the options in the order of the first variant's; names are told once, and where an archived variant
    has others."""
    options = dict(variant.options)
    if set(options) == set(first):
        options = {name: options[name] for name in first}
    else:
        with_names = True
    pairs = list(options.items()) or [NO_OPTION]
    cells = {column: value for column, (_, value) in zip(columns.OPTION_VALUES, pairs, strict=False)}
    if with_names:
        cells |= {column: name for column, (name, _) in zip(columns.OPTION_NAMES, pairs, strict=False)}
    return cells


def _image_cells(image: ImageDoc, place: int, exported: Exported) -> Cells:
    return {
        columns.IMAGE: exported.address(image.media_name) if image.media_name else image.url,
        columns.IMAGE_POSITION: str(place + 1),
        columns.IMAGE_ALT: image.alt_text or "",
    }


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else f"{to_decimal(minor, currency):f}"


def _yes_no(value: bool) -> str:
    return "true" if value else "false"
