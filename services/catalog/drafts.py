"""What comes in: a product to be made, as a client or a file describes it. Unchecked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from models.enums import ProductStatus


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
