"""Products, accounts and carts whose changes are yet to be told."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLES = ("products", "users", "carts")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("tell_at", MOMENT, nullable=True))
        op.add_column(table, sa.Column("tell_as", sa.String(length=16), nullable=True))
        op.create_index(f"ix_{table}_tell_at", table, ["tell_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_tell_at", table)
        op.drop_column(table, "tell_as")
        op.drop_column(table, "tell_at")
