"""Flash orders that customers arm before the sale."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}


class Exact(sa.types.TypeDecorator[str]):
    """Compared byte by byte, trailing spaces too."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        length = getattr(self.impl, "length", None)
        if dialect.name not in ("mysql", "mariadb"):
            return sa.String(length)
        nopad = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
        return mysql.VARCHAR(length, collation=nopad)


def upgrade() -> None:
    op.create_table(
        "armed_orders",
        sa.Column("id", UUID, nullable=False),
        sa.Column("customer_id", UUID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("provider", Exact(32), nullable=False),
        sa.Column("set_up", Exact(100), nullable=True),
        sa.Column("method", Exact(200), nullable=True),
        sa.Column("redirect_url", sa.String(length=2000), nullable=True),
        sa.Column("return_url", sa.String(length=2000), nullable=False),
        sa.Column("order_id", UUID, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", name=op.f("uq_armed_orders_order_id")),
        **INNODB,
    )
    op.create_index("ix_armed_orders_customer_id_id", "armed_orders", ["customer_id", "id"])
    op.create_index("ix_armed_orders_state_due", "armed_orders", ["state", "due_at"])
    op.create_index("ix_armed_orders_set_up", "armed_orders", ["set_up"])
    op.create_index("ix_armed_orders_expires_at", "armed_orders", ["expires_at"])


def downgrade() -> None:
    op.drop_table("armed_orders")
