"""Uploaded images: the files there are, and which image is which file."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
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
        "media_files",
        sa.Column("name", Exact(80), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("thumbnails", sa.JSON(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("doomed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name"),
        **INNODB,
    )
    op.create_index(op.f("ix_media_files_used_at"), "media_files", ["used_at"], unique=False)
    if op.get_context().dialect.name == "sqlite":
        # It takes a foreign key with its column only, and alembic leaves the name out of such a one.
        constraint = "CONSTRAINT fk_images_media_name REFERENCES media_files (name)"
        op.execute(f"ALTER TABLE images ADD COLUMN media_name VARCHAR(80) {constraint}")
    else:
        key = sa.ForeignKey("media_files.name", name=op.f("fk_images_media_name"))
        op.add_column("images", sa.Column("media_name", Exact(80), key, nullable=True))
    op.add_column("images", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("images", sa.Column("height", sa.Integer(), nullable=True))
    op.add_column("images", sa.Column("thumbnails", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_images_media_name"), "images", ["media_name"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("images", schema=None) as batch_op:
        if op.get_context().dialect.name != "sqlite":  # there it goes with its column
            batch_op.drop_constraint(op.f("fk_images_media_name"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_images_media_name"))
        batch_op.drop_column("thumbnails")
        batch_op.drop_column("height")
        batch_op.drop_column("width")
        batch_op.drop_column("media_name")
    op.drop_index(op.f("ix_media_files_used_at"), table_name="media_files")
    op.drop_table("media_files")
