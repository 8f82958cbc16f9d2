"""Catalog states and prices."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
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
        "slug_redirects",
        sa.Column("slug", Exact(200), nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_slug_redirects_product_id")),
        sa.PrimaryKeyConstraint("slug"),
        **INNODB,
    )
    op.create_index(op.f("ix_slug_redirects_product_id"), "slug_redirects", ["product_id"], unique=False)
    op.create_table(
        "variant_prices",
        sa.Column("variant_id", UUID, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("compare_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_variant_prices_amount_not_negative")),
        sa.CheckConstraint("compare_at >= 0", name=op.f("ck_variant_prices_compare_at_not_negative")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_variant_prices_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", "currency"),
        **INNODB,
    )
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("archived_at", MOMENT, nullable=True))

    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status", sa.String(length=16), server_default="PUBLISHED", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("seo_title", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("seo_description", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("option_names", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index("ix_products_status_id", ["status", "id"], unique=False)

    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compare_at_price", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("weight_grams", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("archived_at", MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.drop_column("archived_at")
        batch_op.drop_column("weight_grams")
        batch_op.drop_column("compare_at_price")

    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index("ix_products_status_id")
        batch_op.drop_column("option_names")
        batch_op.drop_column("seo_description")
        batch_op.drop_column("seo_title")
        batch_op.drop_column("version")
        batch_op.drop_column("status")

    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.drop_column("archived_at")
        batch_op.drop_column("version")
        batch_op.drop_column("position")

    op.drop_table("variant_prices")
    op.drop_table("slug_redirects")
