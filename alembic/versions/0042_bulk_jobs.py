"""Imports and exports as jobs."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0042"
down_revision = "0041"
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
        "bulk_jobs",
        sa.Column("id", UUID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("file_key", Exact(64), nullable=False),
        sa.Column("parts_in", sa.Integer(), nullable=False),
        sa.Column("parts_out", sa.Integer(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=True),
        sa.Column("problem_count", sa.Integer(), nullable=False),
        sa.Column("actor", Exact(64), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("files_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_bulk_jobs_state_due_at", "bulk_jobs", ["state", "due_at"])
    op.create_index("ix_bulk_jobs_created_at", "bulk_jobs", ["created_at"])
    op.create_index("ix_bulk_jobs_files_until", "bulk_jobs", ["files_until"])


def downgrade() -> None:
    op.drop_table("bulk_jobs")
