"""Titles of variants that were made, of options or of the product's title: made again as these change. Pure."""

from collections.abc import Collection
from uuid import UUID

from models import Product, Variant
from models.documents import ordered_options
from services.catalog.check_product import derived_title
from services.catalog.stored_product import StoredProduct


def made_titles(stored: StoredProduct) -> set[UUID]:
    """Returns the variants whose titles nobody chose: they are what would be made now."""
    return {variant.id for variant in stored.variants if variant.title == _made(variant, stored.product)}


def make_titles_again(stored: StoredProduct, made: Collection[UUID]) -> bool:
    """Make the titles of the variants anew. Returns whether one became another."""
    changed = False
    for variant in stored.variants:
        title = _made(variant, stored.product)
        if variant.id in made and variant.title != title:
            variant.title, changed = title, True
    return changed


def _made(variant: Variant, product: Product) -> str:
    return derived_title(ordered_options(variant.options, product.option_names), product.title)
