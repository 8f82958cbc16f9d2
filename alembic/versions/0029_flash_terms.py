"""What a sale asks of its orders, and the uses of codes that quotes of them hold."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0029"
down_revision = "0028"
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
    for name in ("allows_codes", "requires_delivery"):
        op.add_column("flash_sales", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "flash_code_holds",
        sa.Column("id", UUID, nullable=False),
        sa.Column("code_id", UUID, nullable=False),
        sa.Column("customer_id", UUID, nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("item_id", UUID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "code_id", name=op.f("uq_flash_code_holds_customer_id_code_id")),
        **INNODB,
    )
    op.create_index("ix_flash_code_holds_expires_at", "flash_code_holds", ["expires_at"])


def downgrade() -> None:
    op.drop_table("flash_code_holds")
    for name in ("allows_codes", "requires_delivery"):
        op.drop_column("flash_sales", name)
