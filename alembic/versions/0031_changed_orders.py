"""Orders that are changed before they are paid: their version, and the totals before and after."""

import sqlalchemy as sa

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TOTALS = ("total_before", "total_after")


def upgrade() -> None:
    op.add_column("orders", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    for name in _TOTALS:
        op.add_column("order_events", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_events") as batch_op:
        for name in _TOTALS:
            batch_op.drop_column(name)
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("version")
