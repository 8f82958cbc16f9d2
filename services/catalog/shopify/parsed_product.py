"""What the rows of a product say. Pure."""

from dataclasses import dataclass

from models.enums import ProductStatus
from services.catalog.product_draft import ProductDraft

CategoryPath = tuple[tuple[str, str], ...]
"""Slug and name of each category, from the root down."""


@dataclass(frozen=True, slots=True)
class VariantRow:
    """``names_sku``: the variant's SKU is the file's; ``says_something``: not only its product is meant."""

    line: int
    names_sku: bool
    says_something: bool


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """``draft.slug`` is the handle, and ``draft.status`` that of a new product; ``category`` the name in the
    column Type, or empty. ``status`` and ``published`` are what their cells say, None when they say nothing.
    """

    draft: ProductDraft
    category: str
    category_path: CategoryPath
    line: int
    variant_rows: tuple[VariantRow, ...]
    lines: tuple[int, ...]
    """Those that its rows begin on."""
    status: ProductStatus | None = None
    published: bool | None = None
