"""Waiting rooms of flash sales, and the tickets of those who wait."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0016"
down_revision = "0015"
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
        "waiting_rooms",
        sa.Column("sale_id", UUID, nullable=False),
        sa.Column("admit_per_second", sa.Integer(), nullable=True),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("base_count", sa.Integer(), nullable=False),
        sa.Column("base_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["flash_sales.id"], name=op.f("fk_waiting_rooms_sale_id")),
        sa.PrimaryKeyConstraint("sale_id"),
        **INNODB,
    )
    op.create_table(
        "sale_tickets",
        sa.Column("sale_id", UUID, nullable=False),
        sa.Column("customer_id", UUID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["flash_sales.id"], name=op.f("fk_sale_tickets_sale_id")),
        sa.PrimaryKeyConstraint("sale_id", "customer_id"),
        sa.UniqueConstraint("sale_id", "position", name=op.f("uq_sale_tickets_sale_id_position")),
        **INNODB,
    )


def downgrade() -> None:
    op.drop_table("sale_tickets")
    op.drop_table("waiting_rooms")
