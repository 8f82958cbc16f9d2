"""The catalog: categories, products, variants (one SKU each) and images."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import MYSQL, Base
from models.types import MinorUnits, code_text, exact_text


class Category(Base):
    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(exact_text(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)


class Product(Base):
    """``min_price`` and ``max_price`` repeat the variants' so that a listing can sort by them with an index."""

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_min_price_id", "min_price", "id"),
        Index("ix_products_title_id", "title", "id"),
        MYSQL,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(exact_text(200), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    vendor: Mapped[str] = mapped_column(String(255), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    min_price: Mapped[int] = mapped_column(MinorUnits)
    max_price: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variants: Mapped[list["Variant"]] = relationship(lazy="raise", order_by="Variant.position")
    images: Mapped[list["Image"]] = relationship(lazy="raise", order_by="Image.position")


class Variant(Base):
    __tablename__ = "variants"
    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(exact_text(64), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    options: Mapped[dict[str, str]] = mapped_column(JSON)
    price: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(code_text(3))
    position: Mapped[int]


class Image(Base):
    __tablename__ = "images"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    alt_text: Mapped[str | None] = mapped_column(String(512))
    position: Mapped[int]
