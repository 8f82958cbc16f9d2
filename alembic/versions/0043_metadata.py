"""Metadata of products, variants, customers and orders."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}
OWNERS = ("products", "variants", "users", "orders")


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
        "metadata_definitions",
        sa.Column("id", UUID, nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=False),
        sa.Column("key", Exact(80), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_metadata_definitions_owner_key")),
        **INNODB,
    )
    op.create_table(
        "metadata_entries",
        sa.Column("definition_id", UUID, nullable=False),
        sa.Column("digest", Exact(64), nullable=False),
        sa.Column("owner_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["metadata_definitions.id"],
            name=op.f("fk_metadata_entries_definition_id"),
        ),
        sa.PrimaryKeyConstraint("definition_id", "digest", "owner_id"),
        **INNODB,
    )
    op.create_index("ix_metadata_entries_owner_id", "metadata_entries", ["owner_id"])
    for table in OWNERS:
        op.add_column(table, sa.Column("meta", sa.JSON(), nullable=True))


def downgrade() -> None:
    for table in OWNERS:
        op.drop_column(table, "meta")
    op.drop_table("metadata_entries")
    op.drop_table("metadata_definitions")
