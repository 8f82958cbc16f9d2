"""Price lists of groups of customers."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}


def upgrade() -> None:
    op.create_table(
        "price_lists",
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_table(
        "price_list_groups",
        sa.Column("group_id", UUID, nullable=False),
        sa.Column("price_list_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["customer_groups.id"], name=op.f("fk_price_list_groups_group_id")),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_lists.id"], name=op.f("fk_price_list_groups_price_list_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "price_list_id"),
        **INNODB,
    )
    op.create_index(op.f("ix_price_list_groups_price_list_id"), "price_list_groups", ["price_list_id"])
    op.create_table(
        "listed_prices",
        sa.Column("price_list_id", UUID, nullable=False),
        sa.Column("variant_id", UUID, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_listed_prices_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_lists.id"], name=op.f("fk_listed_prices_price_list_id")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_listed_prices_variant_id")),
        sa.PrimaryKeyConstraint("price_list_id", "variant_id", "currency"),
        **INNODB,
    )
    op.create_index(op.f("ix_listed_prices_variant_id"), "listed_prices", ["variant_id"])


def downgrade() -> None:
    op.drop_table("listed_prices")
    op.drop_table("price_list_groups")
    op.drop_table("price_lists")
