"""What products are found by. All of it follows from the catalog and can be made again from it.

No foreign keys: they would cost every row a look, and products are never deleted. services/catalog/write_index.py
writes these tables, in the transaction that changes the product.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import exact_text

TITLE_KEY_LENGTH = 64

# The key is the row on MySQL; so it shall be on SQLite.
_CLUSTERED: dict[str, Any] = {**MYSQL, "sqlite_with_rowid": False}


class ProductListing(Base):
    """A product's place in a list: of all, of a category, a vendor, a tag; each has one for each sort.

    ``list_id`` holds the product's state too (services/catalog/keys.py). ``min_amount`` and ``max_amount`` are
    its prices in 1/10,000 of its currency, ``title_key`` the folded title. The indexes hold both prices, so that a
    price filter needs no look at the row.
    """

    __tablename__ = "product_listings"
    __table_args__ = (
        Index("ix_product_listings_newest", "list_id", "product_id", "min_amount", "max_amount"),
        Index("ix_product_listings_price", "list_id", "min_amount", "product_id", "max_amount"),
        Index("ix_product_listings_title", "list_id", "title_key", "product_id", "min_amount", "max_amount"),
        _CLUSTERED,
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    min_amount: Mapped[int] = mapped_column(BigInteger)
    max_amount: Mapped[int] = mapped_column(BigInteger)
    title_key: Mapped[str] = mapped_column(exact_text(TITLE_KEY_LENGTH))


class ListingName(Base):
    """What a list is called, whatever the state: a vendor or tag as first written, a category's id in hex."""

    __tablename__ = "listing_names"

    list_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))


class SearchPosting(Base):
    """A product has a word that begins so. ``level`` 6 to 1: in the title, a label, the description; of each the
    even one when the word is no longer than that. The best one of the product.

    The key finds out whether a product has a word, the index reads a word's products from the best on.
    """

    __tablename__ = "term_postings"
    __table_args__ = (Index("ix_term_postings_best", "term_id", "level", "product_id"), _CLUSTERED)

    term_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)


class SearchDocument(Base):
    """A product's folded texts in UTF-8, each word between spaces, and what it is sorted and filtered by.

    ``version`` and ``updated_at`` are the product's when this was written, ``made_by`` the index's own version:
    a row that differs is out of date.
    """

    __tablename__ = "search_documents"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    updated_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(SmallInteger)
    min_amount: Mapped[int] = mapped_column(BigInteger)
    max_amount: Mapped[int] = mapped_column(BigInteger)
    title_key: Mapped[str] = mapped_column(exact_text(TITLE_KEY_LENGTH))
    title: Mapped[bytes] = mapped_column(LargeBinary)
    labels: Mapped[bytes] = mapped_column(LargeBinary)


class SearchText(Base):
    """What is seldom read, apart so that the documents stay small: the folded description, and the postings in 9
    bytes each, the term and the level. They are taken back by it, however they were made.
    """

    __tablename__ = "search_texts"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    terms: Mapped[bytes] = mapped_column(LargeBinary)
