"""The life of a flash sale: its version, when it was closed, and which items are settled."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    with op.batch_alter_table("flash_sales", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("applied_version", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("closed_at", MOMENT, nullable=True))
        batch_op.create_index("ix_flash_sales_starts_at_id", ["starts_at", "id"], unique=False)
    with op.batch_alter_table("flash_sale_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settled_at", MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flash_sale_items", schema=None) as batch_op:
        batch_op.drop_column("settled_at")
    with op.batch_alter_table("flash_sales", schema=None) as batch_op:
        batch_op.drop_index("ix_flash_sales_starts_at_id")
        batch_op.drop_column("closed_at")
        batch_op.drop_column("applied_version")
        batch_op.drop_column("version")
