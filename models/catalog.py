"""The catalog: categories, products, variants (one SKU each), their prices, and images.

Nothing here is ever deleted but prices and images: orders, sales and the ledger refer to the rest.
``server_default`` is what rows of before the column have.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import MYSQL, Base
from models.enums import ProductStatus
from models.told_later import NotedWhenChanged, Telling, has_changed
from models.types import MinorUnits, Quantity, code_text, exact_text


class Category(Base):
    """A node of the tree; ``position`` sorts it among its siblings. ``version`` counts its changes."""

    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(exact_text(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    archived_at: Mapped[datetime | None]


class Product(NotedWhenChanged, Base):
    """``min_price`` and ``max_price`` repeat those of the variants that are not archived, so that a listing can
    sort by them with an index.

    ``version`` counts the changes of the product and of all that is part of it: variants, prices, images.
    ``option_names`` is their order, which a JSON object on MySQL does not keep; None: as the variants have them.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_min_price_id", "min_price", "id"),
        Index("ix_products_title_id", "title", "id"),
        Index("ix_products_status_id", "status", "id"),
        # Servers of the release before list along these; now models/search.py does.
        Index("ix_products_status_title", "status", "title", "id"),
        Index("ix_products_status_min_price", "status", "min_price", "id"),
        Index("ix_products_status_category_id", "status", "category_id"),
        Index("ix_products_status_vendor", "status", "vendor"),
        Index("ix_products_status_currency_min_price", "status", "currency", "min_price"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(exact_text(200), unique=True)
    status: Mapped[ProductStatus] = mapped_column(
        String(16), default=ProductStatus.PUBLISHED, server_default=ProductStatus.PUBLISHED.value
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    seo_title: Mapped[str | None] = mapped_column(String(255))
    seo_description: Mapped[str | None] = mapped_column(String(1000))
    # None is the ordinary class.
    tax_class: Mapped[str | None] = mapped_column(String(40))
    vendor: Mapped[str] = mapped_column(String(255), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON)
    option_names: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    min_price: Mapped[int] = mapped_column(MinorUnits)
    max_price: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # Metadata: values by the hex of their definitions' ids.
    meta: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    variants: Mapped[list["Variant"]] = relationship(lazy="raise", order_by="Variant.position")
    images: Mapped[list["Image"]] = relationship(lazy="raise", order_by="Image.position")

    def what_to_tell(self, *, is_new: bool) -> Telling | None:
        if is_new:
            return Telling.CREATED
        if has_changed(self, "status") and self.status == ProductStatus.ARCHIVED:
            return Telling.ARCHIVED
        return Telling.UPDATED if has_changed(self, "version") else None


class SlugRedirect(Base):
    """A slug that a product had before. A product that has it now comes first."""

    __tablename__ = "slug_redirects"

    slug: Mapped[str] = mapped_column(exact_text(200), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    created_at: Mapped[datetime]


class Variant(Base):
    """``price`` is in ``currency``, the same for all variants of a product; prices in others are VariantPrice."""

    __tablename__ = "variants"
    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(exact_text(64), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    options: Mapped[dict[str, str]] = mapped_column(JSON)
    price: Mapped[int] = mapped_column(MinorUnits)
    compare_at_price: Mapped[int | None] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    weight_grams: Mapped[int | None] = mapped_column(Quantity)
    position: Mapped[int]
    archived_at: Mapped[datetime | None]
    # Metadata: values by the hex of their definitions' ids.
    meta: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    prices: Mapped[list["VariantPrice"]] = relationship(lazy="raise", order_by="VariantPrice.currency")


class VariantPrice(Base):
    """A variant's price in a currency other than its own: an entry of that currency's price list."""

    __tablename__ = "variant_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("compare_at >= 0", name="compare_at_not_negative"),
        MYSQL,
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(code_text(3), primary_key=True)
    amount: Mapped[int] = mapped_column(MinorUnits)
    compare_at: Mapped[int | None] = mapped_column(MinorUnits)


class Image(Base):
    """By a URL of somebody else's, or uploaded: then ``media_name`` is the file, ``url`` its path, and the rest is
    known. ``thumbnails`` are by their longest side in pixels.
    """

    __tablename__ = "images"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    alt_text: Mapped[str | None] = mapped_column(String(512))
    position: Mapped[int]
    media_name: Mapped[str | None] = mapped_column(exact_text(80), ForeignKey("media_files.name"), index=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumbnails: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
