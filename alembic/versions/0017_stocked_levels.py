"""What is in stock is found along an index."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_stock_levels_available", "stock_levels", ["available", "set_aside"], unique=False)
    op.create_index("ix_stock_levels_set_aside", "stock_levels", ["set_aside"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_stock_levels_set_aside", table_name="stock_levels")
    op.drop_index("ix_stock_levels_available", table_name="stock_levels")
