"""Levels of stock whose changes by orders are yet to be told."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("tell_at", MOMENT, nullable=True))
    op.add_column("stock_levels", sa.Column("told_at", MOMENT, nullable=True))
    op.add_column("stock_levels", sa.Column("untold", sa.Integer(), server_default="0", nullable=False))
    op.add_column("stock_levels", sa.Column("last_cause", sa.String(length=16), nullable=True))
    op.create_index("ix_stock_levels_tell_at", "stock_levels", ["tell_at"])


def downgrade() -> None:
    op.drop_index("ix_stock_levels_tell_at", "stock_levels")
    for name in ("last_cause", "untold", "told_at", "tell_at"):
        op.drop_column("stock_levels", name)
