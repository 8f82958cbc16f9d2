"""The slug of a new product. Pure."""

from collections.abc import Collection
from uuid import UUID

from services.catalog.check_product import CheckedProduct
from services.catalog.rules import SLUG_LENGTH


def free_slug(checked: CheckedProduct, product_id: UUID, taken: Collection[str]) -> str:
    """As it was asked for; one made from the title gives way to one that is ``taken``."""
    if checked.slug is None:
        return f"product-{product_id.hex[-12:]}"
    if checked.slug_is_made and checked.slug in taken:
        return f"{checked.slug[: SLUG_LENGTH - 13]}-{product_id.hex[-12:]}"
    return checked.slug
