"""Orders of a SKU are found in their order, however many there are."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_order_lines_sku_order_id", "order_lines", ["sku", "order_id"], unique=False)
    # What looks for a SKU alone finds it by the new one, on servers of before too.
    op.drop_index("ix_order_lines_sku", table_name="order_lines")


def downgrade() -> None:
    op.create_index("ix_order_lines_sku", "order_lines", ["sku"], unique=False)
    op.drop_index("ix_order_lines_sku_order_id", table_name="order_lines")
