"""An order's units of a SKU may be held in several warehouses: a row of ``stock_holds`` each.

Servers of before go on: what they write is one row a SKU, which the wider key takes, and they release and commit
an order's rows whatever their number. Only ``createShipment`` of a line that a new server has put together from
several warehouses fails there, and changes nothing, until that server is of this release.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime()


def upgrade() -> None:
    _change_key("order_id", "sku", "warehouse_id")


def downgrade() -> None:
    """Refused by the database while an order has a SKU from two warehouses: the key of before cannot say that."""
    _change_key("order_id", "sku")


def _change_key(*columns: str) -> None:
    if op.get_context().dialect.name != "sqlite":
        # One statement, so that the table is read and written meanwhile (online DDL of InnoDB).
        op.execute(f"ALTER TABLE stock_holds DROP PRIMARY KEY, ADD PRIMARY KEY ({', '.join(columns)})")
        return
    # SQLite cannot change a primary key: the table is made anew, in this transaction.
    with op.batch_alter_table("stock_holds", copy_from=_holds(), recreate="always") as batch:
        batch.create_primary_key("pk_stock_holds", list(columns))


def _holds() -> sa.Table:
    parts: list[Any] = [
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("warehouse_id", UUID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("shipped", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_holds_quantity_positive")),
        sa.Index("ix_stock_holds_sku_state", "sku", "state"),
    ]
    return sa.Table("stock_holds", sa.MetaData(), *parts)
