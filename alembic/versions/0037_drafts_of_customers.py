"""Drafts of orders are found by their customers."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_draft_orders_customer_id_id", "draft_orders", ["customer_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_draft_orders_customer_id_id", "draft_orders")
