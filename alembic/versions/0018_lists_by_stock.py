"""Products are listed by whether they are in stock; levels remember what the index was told."""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("listed", sa.Boolean(), server_default="0", nullable=False))
    op.create_index("ix_stock_levels_listed", "stock_levels", ["listed", "available", "set_aside"], unique=False)
    op.drop_index("ix_stock_levels_set_aside", table_name="stock_levels")
    op.drop_index("ix_stock_levels_available", table_name="stock_levels")


def downgrade() -> None:
    op.create_index("ix_stock_levels_available", "stock_levels", ["available", "set_aside"], unique=False)
    op.create_index("ix_stock_levels_set_aside", "stock_levels", ["set_aside"], unique=False)
    op.drop_index("ix_stock_levels_listed", table_name="stock_levels")
    op.drop_column("stock_levels", "listed")
