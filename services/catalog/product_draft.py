"""What comes in, unchecked: a product to be made, as a client or a file describes it, and changes of one that is
there. ``KEEP`` leaves a value as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from models.enums import ProductStatus
from models.metadata_document import Meta


@dataclass(frozen=True, slots=True)
class MediaDraft:
    """An uploaded file, as the table of these has it."""

    name: str
    width: int
    height: int
    thumbnails: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImageDraft:
    """``media``: it is uploaded, and ``url`` is its path."""

    url: str
    alt_text: str | None = None
    media: MediaDraft | None = None


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """A price in a currency other than the product's own; ``compare_at`` is what it cost before."""

    currency: str
    amount: Decimal
    compare_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """``title`` None: made from the options, or the product's. ``options`` in their order."""

    sku: str
    price: Decimal
    currency: str
    quantity: int
    title: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    compare_at_price: Decimal | None = None
    weight_grams: int | None = None
    prices: Sequence[PriceDraft] = ()
    archived: bool = False
    meta: Meta = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """``slug`` None: made from the title."""

    title: str
    variants: Sequence[VariantDraft]
    slug: str | None = None
    description: str = ""
    vendor: str = ""
    tags: Sequence[str] = ()
    category_id: UUID | None = None
    images: Sequence[ImageDraft] = ()
    status: ProductStatus = ProductStatus.PUBLISHED
    seo_title: str | None = None
    seo_description: str | None = None
    tax_class: str | None = None
    meta: Meta = field(default_factory=dict)


class Keep(Enum):
    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class VariantChange:
    """None takes away what may be missing: the compare-at price, the weight. The SKU stays for ever."""

    variant_id: UUID
    title: str | Keep | None = KEEP
    options: Mapping[str, str] | Keep | None = KEEP
    price: Decimal | Keep | None = KEEP
    compare_at_price: Decimal | Keep | None = KEEP
    weight_grams: int | Keep | None = KEEP


@dataclass(frozen=True, slots=True)
class ProductChange:
    """None takes away what may be missing: the category, the SEO texts, the tax class."""

    product_id: UUID
    version: int
    title: str | Keep | None = KEEP
    slug: str | Keep | None = KEEP
    description: str | Keep | None = KEEP
    vendor: str | Keep | None = KEEP
    tags: Sequence[str] | Keep | None = KEEP
    category_id: UUID | Keep | None = KEEP
    seo_title: str | Keep | None = KEEP
    seo_description: str | Keep | None = KEEP
    tax_class: str | Keep | None = KEEP
    status: ProductStatus | Keep | None = KEEP
    variants: Sequence[VariantChange] = ()
