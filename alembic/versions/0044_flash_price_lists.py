"""Prices of items of flash sales in several currencies."""

import sqlalchemy as sa

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flash_sale_items", sa.Column("prices", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flash_sale_items") as batch_op:
        batch_op.drop_column("prices")
