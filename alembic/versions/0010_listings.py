"""What products are listed and found by.

Empty: ``rushcart db upgrade`` and the worker fill it from the products. What 0009 made stays, for servers of the
release before that still run; nothing reads it any more.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}
CLUSTERED: dict[str, Any] = {**INNODB, "sqlite_with_rowid": False}


class Exact(sa.types.TypeDecorator[str]):
    """Compared byte by byte, trailing spaces too."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        length = getattr(self.impl, "length", None)
        if dialect.name not in ("mysql", "mariadb"):
            return sa.String(length)
        nopad = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
        return mysql.VARCHAR(length, collation=nopad)


def _places() -> list[sa.Column[Any]]:
    return [
        sa.Column("min_amount", sa.BigInteger(), nullable=False),
        sa.Column("max_amount", sa.BigInteger(), nullable=False),
        sa.Column("title_key", Exact(64), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "product_listings",
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_places(),
        sa.PrimaryKeyConstraint("product_id", "list_id"),
        **CLUSTERED,
    )
    for name, columns in (
        ("newest", ["list_id", "product_id", "min_amount", "max_amount"]),
        ("price", ["list_id", "min_amount", "product_id", "max_amount"]),
        ("title", ["list_id", "title_key", "product_id", "min_amount", "max_amount"]),
    ):
        op.create_index(f"ix_product_listings_{name}", "product_listings", columns, unique=False)
    op.create_table(
        "listing_names",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("list_id"),
        **INNODB,
    )
    op.create_table(
        "term_postings",
        sa.Column("term_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term_id", "product_id"),
        **CLUSTERED,
    )
    op.create_index("ix_term_postings_best", "term_postings", ["term_id", "level", "product_id"], unique=False)
    op.create_table(
        "search_documents",
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.SmallInteger(), nullable=False),
        *_places(),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("labels", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("product_id"),
        **INNODB,
    )
    op.create_table(
        "search_texts",
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("product_id"),
        **INNODB,
    )


def downgrade() -> None:
    op.drop_table("search_texts")
    op.drop_table("search_documents")
    op.drop_table("term_postings")
    op.drop_table("listing_names")
    op.drop_table("product_listings")
