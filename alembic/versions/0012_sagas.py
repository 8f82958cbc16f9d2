"""Sagas, and what an order costs besides its lines."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0012"
down_revision = "0011"
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
    op.add_column("orders", sa.Column("charges", sa.JSON(), nullable=True))
    op.create_table(
        "sagas",
        sa.Column("id", UUID, nullable=False),
        sa.Column("kind", Exact(32), nullable=False),
        sa.Column("owner_id", UUID, nullable=False),
        sa.Column("claim", UUID, nullable=True),
        sa.Column("mark", Exact(64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("resume_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("claim", name=op.f("uq_sagas_claim")),
        sa.UniqueConstraint("mark", name=op.f("uq_sagas_mark")),
        **INNODB,
    )
    op.create_index("ix_sagas_state_updated_at", "sagas", ["state", "updated_at"], unique=False)
    op.create_index(op.f("ix_sagas_resume_at"), "sagas", ["resume_at"], unique=False)


def downgrade() -> None:
    op.drop_table("sagas")
    op.drop_column("orders", "charges")
