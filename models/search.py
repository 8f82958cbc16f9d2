"""The search index of products: an inverted index in two tables, the same on every database.

MariaDB's full-text index has no parser for Chinese, SQLite's no accents of its own, and none of the three ranks
alike. A posting says how much a word counts for a product; rows are sorted so that the best of a word come first.
"""

from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import exact_text

TAG = "#"
"""Begins the term of a whole tag, as no word does."""
_LENGTH = 64


class SearchPosting(Base):
    """``term`` is a word, or ``#`` and a tag, which weighs nothing."""

    __tablename__ = "search_postings"
    __table_args__ = (
        Index("ix_search_postings_term_weight", "term", "weight", "product_id"),
        Index("ix_search_postings_product_id_weight", "product_id", "weight", "term"),
        MYSQL,
    )

    term: Mapped[str] = mapped_column(exact_text(_LENGTH), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    weight: Mapped[int] = mapped_column(SmallInteger)


class SearchWord(Base):
    """Every word there ever was, for finding those that begin in some way."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(exact_text(_LENGTH), primary_key=True)


def tag_term(tag: str) -> str:
    """The term of a tag; of the longest ones only the beginning counts."""
    return TAG + tag[: _LENGTH - 1]
