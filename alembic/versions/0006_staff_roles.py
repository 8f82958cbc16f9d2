"""Who has a role beyond CUSTOMER, as rows."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0006"
down_revision = "0005"
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
    table = op.create_table(
        "staff_roles",
        sa.Column("role", Exact(16), nullable=False),
        sa.Column("user_id", UUID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_roles_user_id")),
        sa.PrimaryKeyConstraint("role", "user_id"),
        **INNODB,
    )
    op.create_index(op.f("ix_staff_roles_user_id"), "staff_roles", ["user_id"], unique=False)
    users = sa.table("users", sa.column("id"), sa.column("roles"))
    for role in ("STAFF", "ADMIN"):
        has_it = sa.cast(users.c.roles, sa.String(200)).contains(f'"{role}"')
        found = sa.select(sa.literal_column(f"'{role}'"), users.c.id).where(has_it)
        op.execute(table.insert().from_select(["role", "user_id"], found))


def downgrade() -> None:
    op.drop_table("staff_roles")
