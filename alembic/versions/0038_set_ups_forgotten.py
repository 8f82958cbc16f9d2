"""What was set up for armed orders is taken off its provider when it is not needed any more."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("armed_orders", sa.Column("forget_at", MOMENT, nullable=True))
    op.add_column("armed_orders", sa.Column("forget_tries", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_armed_orders_forget_at", "armed_orders", ["forget_at"])


def downgrade() -> None:
    op.drop_index("ix_armed_orders_forget_at", "armed_orders")
    with op.batch_alter_table("armed_orders") as batch_op:
        batch_op.drop_column("forget_tries")
        batch_op.drop_column("forget_at")
