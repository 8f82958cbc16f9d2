"""Cached documents: a product whole, with its variants and images, and the keys they are kept under.

A change of shape moves ``SCHEMA``, so that an old and a new server do not read each other's documents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from models.catalog import Category, Image, Product, Variant

SCHEMA: Final = 1
_PREFIX: Final = f"doc:v{SCHEMA}"


@dataclass(frozen=True, slots=True)
class ImageDoc:
    url: str
    alt_text: str | None


@dataclass(frozen=True, slots=True)
class VariantDoc:
    """``price`` in minor units; ``options`` by name, e.g. ``{"Size": "Small"}``."""

    id: UUID
    product_id: UUID
    sku: str
    title: str
    options: Mapping[str, str]
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class ProductDoc:
    """``min_price`` and ``max_price`` in minor units of ``currency``; variants and images in their order."""

    id: UUID
    slug: str
    title: str
    description: str
    vendor: str
    tags: tuple[str, ...]
    category_id: UUID | None
    min_price: int
    max_price: int
    currency: str
    created_at: datetime
    updated_at: datetime
    images: tuple[ImageDoc, ...]
    variants: tuple[VariantDoc, ...]

    def variant(self, variant_id: UUID) -> VariantDoc | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)

    def variant_of_sku(self, sku: str) -> VariantDoc | None:
        return next((variant for variant in self.variants if variant.sku == sku), None)


@dataclass(frozen=True, slots=True)
class CategoryDoc:
    id: UUID
    slug: str
    name: str
    parent_id: UUID | None


def product_key(product_id: UUID) -> str:
    return f"{_PREFIX}:product:{product_id}"


def slug_key(slug: str) -> str:
    """Holds the id of the product with this slug."""
    return f"{_PREFIX}:slug:{slug}"


def variant_key(variant_id: UUID) -> str:
    """Holds the id of the product that the variant is part of."""
    return f"{_PREFIX}:variant:{variant_id}"


def sku_key(sku: str) -> str:
    """Holds the id of the product that the SKU's variant is part of."""
    return f"{_PREFIX}:sku:{sku}"


def category_key(category_id: UUID) -> str:
    return f"{_PREFIX}:category:{category_id}"


def product_doc(product: Product, variants: Iterable[Variant], images: Iterable[Image]) -> ProductDoc:
    """The document of these rows."""
    return ProductDoc(
        id=product.id,
        slug=product.slug,
        title=product.title,
        description=product.description,
        vendor=product.vendor,
        tags=tuple(product.tags),
        category_id=product.category_id,
        min_price=product.min_price,
        max_price=product.max_price,
        currency=product.currency,
        created_at=product.created_at,
        updated_at=product.updated_at,
        images=tuple(ImageDoc(i.url, i.alt_text) for i in sorted(images, key=lambda i: (i.position, i.id))),
        variants=tuple(_variant_doc(v) for v in sorted(variants, key=lambda v: (v.position, v.id))),
    )


def _variant_doc(row: Variant) -> VariantDoc:
    return VariantDoc(row.id, row.product_id, row.sku, row.title, row.options, row.price, row.currency)


def category_doc(row: Category) -> CategoryDoc:
    return CategoryDoc(row.id, row.slug, row.name, row.parent_id)


def dump(document: ProductDoc | CategoryDoc) -> bytes:
    """JSON; UUIDs and times as text."""
    return orjson.dumps(document)


def load_product(raw: bytes) -> ProductDoc:
    data: dict[str, Any] = orjson.loads(raw)
    data["id"] = UUID(data["id"])
    data["tags"] = tuple(data["tags"])
    data["category_id"] = _uuid(data["category_id"])
    data["created_at"] = datetime.fromisoformat(data["created_at"])
    data["updated_at"] = datetime.fromisoformat(data["updated_at"])
    data["images"] = tuple(ImageDoc(**image) for image in data["images"])
    data["variants"] = tuple(_load_variant(variant) for variant in data["variants"])
    return ProductDoc(**data)


def _load_variant(data: dict[str, Any]) -> VariantDoc:
    return VariantDoc(**(data | {"id": UUID(data["id"]), "product_id": UUID(data["product_id"])}))


def load_category(raw: bytes) -> CategoryDoc:
    data: dict[str, Any] = orjson.loads(raw)
    return CategoryDoc(UUID(data["id"]), data["slug"], data["name"], _uuid(data["parent_id"]))


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
