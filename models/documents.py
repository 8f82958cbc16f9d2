"""Cached documents: a product whole, with its variants and images, and the keys they are kept under.

A change of shape moves ``SCHEMA``, so that an old and a new server do not read each other's documents. Keys are
the tags by which changes are told (models/changes.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from models.catalog import Category, Image, Product, Variant, VariantPrice
from models.enums import ProductStatus

SCHEMA: Final = 6


@dataclass(frozen=True, slots=True)
class ImageDoc:
    """``media_name`` is the file of one that was uploaded; ``thumbnails`` by their longest side in pixels."""

    id: UUID
    url: str
    alt_text: str | None
    media_name: str | None
    width: int | None
    height: int | None
    thumbnails: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PriceDoc:
    """Minor units of ``currency``; ``compare_at`` is what it cost before."""

    currency: str
    amount: int
    compare_at: int | None


@dataclass(frozen=True, slots=True)
class VariantDoc:
    """``options`` by name, in their order, e.g. ``{"Size": "Small"}``. ``price`` is in minor units of the
    product's currency; ``prices`` are those in other currencies, by code. ``is_public``: it is not archived,
    nor is its product anything but published. ``tax_class`` is its product's.
    """

    id: UUID
    product_id: UUID
    sku: str
    title: str
    options: Mapping[str, str]
    price: int
    compare_at_price: int | None
    currency: str
    prices: tuple[PriceDoc, ...]
    weight_grams: int | None
    archived: bool
    is_public: bool
    tax_class: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict, hash=False)

    def price_in(self, currency: str | None) -> PriceDoc:
        """Returns its price in this currency, or in its own when there is none."""
        for price in self.prices if currency is not None else ():
            if price.currency == currency:
                return price
        return PriceDoc(self.currency, self.price, self.compare_at_price)


@dataclass(frozen=True, slots=True)
class ProductDoc:
    """``min_price`` and ``max_price`` in minor units of ``currency``; variants and images in their order.

    ``variants`` has the archived ones too.
    """

    id: UUID
    slug: str
    status: ProductStatus
    version: int
    title: str
    description: str
    vendor: str
    tags: tuple[str, ...]
    category_id: UUID | None
    min_price: int
    max_price: int
    currency: str
    seo_title: str | None
    seo_description: str | None
    tax_class: str | None
    created_at: datetime
    updated_at: datetime
    images: tuple[ImageDoc, ...]
    variants: tuple[VariantDoc, ...]
    meta: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_public(self) -> bool:
        return self.status is ProductStatus.PUBLISHED

    def variant(self, variant_id: UUID) -> VariantDoc | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)

    def variant_of_sku(self, sku: str) -> VariantDoc | None:
        return next((variant for variant in self.variants if variant.sku == sku), None)


@dataclass(frozen=True, slots=True)
class CategoryDoc:
    """``position`` sorts it among its siblings."""

    id: UUID
    slug: str
    name: str
    parent_id: UUID | None
    position: int
    version: int
    archived: bool

    @property
    def is_public(self) -> bool:
        return not self.archived


@dataclass(frozen=True, slots=True)
class StockDoc:
    """Units of a SKU over all warehouses, as in ``StockLevel``."""

    sku: str
    on_hand: int
    available: int
    set_aside: int
    held: int


def product_key(product_id: UUID) -> str:
    return f"product:{product_id.hex}"


def slug_key(slug: str) -> str:
    """Returns the key that holds the id of the product with this slug."""
    return f"slug:{slug}"


def variant_key(variant_id: UUID) -> str:
    """Returns the key that holds the id of the product that the variant is part of."""
    return f"variant:{variant_id.hex}"


def sku_key(sku: str) -> str:
    """Returns the key that holds the id of the product that the SKU's variant is part of."""
    return f"sku:{sku}"


def category_key(category_id: UUID) -> str:
    return f"category:{category_id.hex}"


def stock_key(sku: str) -> str:
    return f"stock:{sku}"


def product_doc(
    product: Product, variants: Iterable[Variant], images: Iterable[Image], prices: Iterable[VariantPrice] = ()
) -> ProductDoc:
    """Make the document of these rows; ``prices`` may hold those of other products too."""
    by_variant: dict[UUID, list[PriceDoc]] = {}
    for price in sorted(prices, key=lambda row: row.currency):
        entry = PriceDoc(price.currency, price.amount, price.compare_at)
        by_variant.setdefault(price.variant_id, []).append(entry)
    ordered = sorted(variants, key=lambda v: (v.position, v.id))
    return ProductDoc(
        id=product.id,
        slug=product.slug,
        status=ProductStatus(product.status),
        version=product.version,
        title=product.title,
        description=product.description,
        vendor=product.vendor,
        tags=tuple(product.tags),
        category_id=product.category_id,
        min_price=product.min_price,
        max_price=product.max_price,
        currency=product.currency,
        seo_title=product.seo_title,
        seo_description=product.seo_description,
        tax_class=product.tax_class,
        created_at=product.created_at,
        updated_at=product.updated_at,
        images=tuple(map(image_doc, sorted(images, key=lambda i: (i.position, i.id)))),
        variants=tuple(_variant_doc(row, product, by_variant.get(row.id, ())) for row in ordered),
        meta=product.meta or {},
    )


def _variant_doc(row: Variant, product: Product, prices: Iterable[PriceDoc]) -> VariantDoc:
    return VariantDoc(
        id=row.id,
        product_id=row.product_id,
        sku=row.sku,
        title=row.title,
        options=ordered_options(row.options, product.option_names),
        price=row.price,
        compare_at_price=row.compare_at_price,
        currency=row.currency,
        prices=tuple(prices),
        weight_grams=row.weight_grams,
        archived=row.archived_at is not None,
        is_public=row.archived_at is None and product.status == ProductStatus.PUBLISHED,
        tax_class=product.tax_class,
        meta=row.meta or {},
    )


def ordered_options(options: Mapping[str, str], names: Sequence[str] | None) -> dict[str, str]:
    """Returns the options in the order of ``names``, what these do not have last: MySQL keeps a JSON object in an
    order of its own."""
    places = {name: place for place, name in enumerate(names or ())}
    return dict(sorted(options.items(), key=lambda option: places.get(option[0], len(places))))


def image_doc(row: Image) -> ImageDoc:
    sizes = tuple(sorted(row.thumbnails or ()))
    return ImageDoc(row.id, row.url, row.alt_text, row.media_name, row.width, row.height, sizes)


def category_doc(row: Category) -> CategoryDoc:
    return CategoryDoc(
        row.id, row.slug, row.name, row.parent_id, row.position, row.version, row.archived_at is not None
    )


def dump(document: ProductDoc | CategoryDoc | StockDoc) -> bytes:
    """Write JSON; UUIDs and times as text."""
    return orjson.dumps(document)


def load_product(raw: bytes) -> ProductDoc:
    data: dict[str, Any] = orjson.loads(raw)
    data["id"] = UUID(data["id"])
    data["status"] = ProductStatus(data["status"])
    data["tags"] = tuple(data["tags"])
    data["category_id"] = _uuid(data["category_id"])
    data["created_at"] = datetime.fromisoformat(data["created_at"])
    data["updated_at"] = datetime.fromisoformat(data["updated_at"])
    data["images"] = tuple(map(_load_image, data["images"]))
    data["variants"] = tuple(_load_variant(variant) for variant in data["variants"])
    return ProductDoc(**data)


def _load_image(data: dict[str, Any]) -> ImageDoc:
    return ImageDoc(**(data | {"id": UUID(data["id"]), "thumbnails": tuple(data["thumbnails"])}))


def _load_variant(data: dict[str, Any]) -> VariantDoc:
    parts = {
        "id": UUID(data["id"]),
        "product_id": UUID(data["product_id"]),
        "prices": tuple(PriceDoc(**price) for price in data["prices"]),
    }
    return VariantDoc(**(data | parts))


def load_category(raw: bytes) -> CategoryDoc:
    return category_of(orjson.loads(raw))


def category_of(data: dict[str, Any]) -> CategoryDoc:
    """Read a category from its JSON."""
    data["id"], data["parent_id"] = UUID(data["id"]), _uuid(data["parent_id"])
    return CategoryDoc(**data)


def load_stock(raw: bytes) -> StockDoc:
    return StockDoc(**orjson.loads(raw))


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
