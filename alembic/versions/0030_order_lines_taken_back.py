"""Units of an order's lines that were cancelled or returned by line."""

import sqlalchemy as sa

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COLUMNS = ("cancelled", "returned")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("order_lines", sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("order_lines") as batch_op:
        for name in _COLUMNS:
            batch_op.drop_column(name)
