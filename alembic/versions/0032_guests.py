"""Guests: users without an account, the persons that e-mail addresses stand for, and secret links to orders."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0032"
down_revision = "0031"
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
        "persons",
        sa.Column("email_key", Exact(64), nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("kept_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("email_key"),
        **INNODB,
    )
    op.create_index(op.f("ix_persons_id"), "persons", ["id"])
    op.create_index(op.f("ix_persons_kept_until"), "persons", ["kept_until"])
    op.create_table(
        "order_links",
        sa.Column("token_hash", Exact(64), nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
        **INNODB,
    )
    op.create_index(op.f("ix_order_links_order_id"), "order_links", ["order_id"])
    op.create_index(op.f("ix_order_links_expires_at"), "order_links", ["expires_at"])
    op.add_column("users", sa.Column("guest_email", Exact(254), nullable=True))
    op.add_column("users", sa.Column("guest_until", MOMENT, nullable=True))
    op.add_column("users", sa.Column("joined_to", UUID, nullable=True))
    op.add_column("users", sa.Column("person_id", UUID, nullable=True))
    for column in ("guest_email", "guest_until", "person_id"):
        op.create_index(op.f(f"ix_users_{column}"), "users", [column])
    op.add_column("orders", sa.Column("buyer_id", UUID, nullable=True))
    op.create_index(op.f("ix_orders_buyer_id"), "orders", ["buyer_id"])
    op.add_column(
        "flash_sales", sa.Column("confirmed_email_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("flash_sales") as batch_op:
        batch_op.drop_column("confirmed_email_only")
    op.drop_index(op.f("ix_orders_buyer_id"), table_name="orders")
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("buyer_id")
    for column in ("person_id", "guest_until", "guest_email"):
        op.drop_index(op.f(f"ix_users_{column}"), table_name="users")
    with op.batch_alter_table("users") as batch_op:
        for column in ("person_id", "joined_to", "guest_until", "guest_email"):
            batch_op.drop_column(column)
    op.drop_table("order_links")
    op.drop_table("persons")
