"""Customers are found by words of their names and addresses, and by their phones."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
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
        "user_words",
        sa.Column("word", Exact(64), nullable=False),
        sa.Column("user_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("word", "user_id"),
        **INNODB,
    )
    op.create_index("ix_user_words_user_id", "user_words", ["user_id"], unique=False)
    op.add_column("users", sa.Column("is_indexed", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index("ix_users_is_indexed", "users", ["is_indexed"], unique=False)
    op.create_index("ix_addresses_phone", "addresses", ["phone"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_addresses_phone", table_name="addresses")
    op.drop_index("ix_users_is_indexed", table_name="users")
    op.drop_column("users", "is_indexed")
    op.drop_table("user_words")
