"""The search index of products. The worker fills it; `rushcart search reindex` does it at once."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}


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


def upgrade() -> None:
    op.create_table(
        "search_postings",
        sa.Column("term", Exact(64), nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term", "product_id"),
        **INNODB,
    )
    op.create_index(
        "ix_search_postings_term_weight", "search_postings", ["term", "weight", "product_id"], unique=False
    )
    op.create_index(
        "ix_search_postings_product_id_weight", "search_postings", ["product_id", "weight", "term"], unique=False
    )
    op.create_table(
        "search_words",
        sa.Column("word", Exact(64), nullable=False),
        sa.PrimaryKeyConstraint("word"),
        **INNODB,
    )
    op.create_index("ix_products_status_title", "products", ["status", "title", "id"], unique=False)
    op.create_index("ix_products_status_min_price", "products", ["status", "min_price", "id"], unique=False)
    op.create_index("ix_products_status_category_id", "products", ["status", "category_id"], unique=False)
    op.create_index("ix_products_status_vendor", "products", ["status", "vendor"], unique=False)
    op.create_index(
        "ix_products_status_currency_min_price", "products", ["status", "currency", "min_price"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_products_status_currency_min_price", table_name="products")
    op.drop_index("ix_products_status_vendor", table_name="products")
    op.drop_index("ix_products_status_category_id", table_name="products")
    op.drop_index("ix_products_status_min_price", table_name="products")
    op.drop_index("ix_products_status_title", table_name="products")
    op.drop_table("search_words")
    op.drop_table("search_postings")
