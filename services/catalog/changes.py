"""What comes in: changes of what is there already. Unchecked; ``KEEP`` leaves a value as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from models.enums import ProductStatus


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
    """None takes away what may be missing: the category, the SEO texts."""

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
    status: ProductStatus | Keep | None = KEEP
    variants: Sequence[VariantChange] = ()
