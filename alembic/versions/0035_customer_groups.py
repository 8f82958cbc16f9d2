"""Groups and tags of customers, and what groups are sold by in a flash sale."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0035"
down_revision = "0034"
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
        "customer_groups",
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", Exact(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name=op.f("uq_customer_groups_key")),
        **INNODB,
    )
    op.create_table(
        "customer_group_members",
        sa.Column("group_id", UUID, nullable=False),
        sa.Column("user_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["customer_groups.id"], name=op.f("fk_customer_group_members_group_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_customer_group_members_user_id")),
        sa.PrimaryKeyConstraint("group_id", "user_id"),
        **INNODB,
    )
    op.create_index(op.f("ix_customer_group_members_user_id"), "customer_group_members", ["user_id"])
    op.create_table(
        "customer_tags",
        sa.Column("tag", Exact(160), nullable=False),
        sa.Column("user_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_customer_tags_user_id")),
        sa.PrimaryKeyConstraint("tag", "user_id"),
        **INNODB,
    )
    op.create_index(op.f("ix_customer_tags_user_id"), "customer_tags", ["user_id"])
    op.add_column("users", sa.Column("group_ids", sa.JSON(), nullable=True))
    op.add_column("users", sa.Column("tags", sa.JSON(), nullable=True))
    op.add_column("flash_sales", sa.Column("group_terms", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flash_sales") as batch_op:
        batch_op.drop_column("group_terms")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("tags")
        batch_op.drop_column("group_ids")
    op.drop_table("customer_tags")
    op.drop_table("customer_group_members")
    op.drop_table("customer_groups")
