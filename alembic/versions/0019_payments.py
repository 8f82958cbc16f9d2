"""Payments, refunds, what providers told, the books of money, and what the sandbox knows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0019"
down_revision = "0018"
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
        "payments",
        sa.Column("id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("customer_id", UUID, nullable=False),
        sa.Column("live_order_id", UUID, nullable=True),
        sa.Column("provider", Exact(32), nullable=False),
        sa.Column("reference", Exact(100), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refunding", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("pays_order", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("redirect_url", sa.String(length=2000), nullable=True),
        sa.Column("return_url", sa.String(length=2000), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("check_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "refunded + refunding <= captured", name=op.f("ck_payments_no_more_refunded_than_captured")
        ),
        sa.CheckConstraint("refunded >= 0 AND refunding >= 0", name=op.f("ck_payments_refunds_not_negative")),
        sa.UniqueConstraint("live_order_id", name=op.f("uq_payments_live_order_id")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_payments_provider_reference")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_payments_check_at", "payments", ["check_at"], unique=False)
    op.create_index("ix_payments_order_id_id", "payments", ["order_id", "id"], unique=False)
    op.create_index("ix_payments_problem_id", "payments", ["problem", "id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", UUID, nullable=False),
        sa.Column("payment_id", UUID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_refunds_due", "refunds", ["state", "due_at"], unique=False)
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False)
    op.create_table(
        "webhook_inbox",
        sa.Column("provider", Exact(32), nullable=False),
        sa.Column("event_id", Exact(100), nullable=False),
        sa.Column("kind", Exact(100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("payment_id", UUID, nullable=True),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider", "event_id"),
        **INNODB,
    )
    op.create_index("ix_webhook_inbox_state_at", "webhook_inbox", ["state", "received_at"], unique=False)
    op.create_table(
        "money_ledger",
        sa.Column("id", UUID, nullable=False),
        sa.Column("posting_id", UUID, nullable=False),
        sa.Column("account", Exact(48), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("provider", Exact(32), nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("payment_id", UUID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.UniqueConstraint(
            "payment_id", "account", "cause", "total", name=op.f("uq_money_ledger_payment_id_account_cause_total")
        ),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_money_ledger_at", "money_ledger", ["at"], unique=False)
    op.create_index("ix_money_ledger_order_id", "money_ledger", ["order_id"], unique=False)
    op.create_index("ix_money_ledger_posting_id", "money_ledger", ["posting_id"], unique=False)
    op.create_table(
        "sandbox_charges",
        sa.Column("id", UUID, nullable=False),
        sa.Column("key", Exact(64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("captures", sa.Boolean(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.JSON(), nullable=False),
        sa.Column("return_url", sa.String(length=2000), nullable=False),
        sa.Column("hook_url", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("key", name=op.f("uq_sandbox_charges_key")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_table(
        "sandbox_events",
        sa.Column("id", UUID, nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_sandbox_events_due_at", "sandbox_events", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("sandbox_events")
    op.drop_table("sandbox_charges")
    op.drop_table("money_ledger")
    op.drop_table("webhook_inbox")
    op.drop_table("refunds")
    op.drop_table("payments")
