"""The schema says which servers it still serves, so that those of the release before go on beside new ones."""

from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}


def upgrade() -> None:
    table = op.create_table(
        "schema_support",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_support")),
        **INNODB,
    )
    op.bulk_insert(table, [{"id": 1, "oldest": "0022"}])


def downgrade() -> None:
    op.drop_table("schema_support")
