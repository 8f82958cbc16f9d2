"""What comes in: a product to be made, as a client or a file describes it. Unchecked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ImageDraft:
    url: str
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """``title`` None: made from the options, or the product's."""

    sku: str
    price: Decimal
    currency: str
    quantity: int
    title: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


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
