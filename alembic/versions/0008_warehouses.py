"""Stock levels are a warehouse's; holds of orders, thresholds of low stock.

What is there belongs to the default warehouse. The new columns default to it, so that servers which do not know
them yet write what is right.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Frozen here, so that a later change of models/types.py does not rewrite history.
UUID = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4"}
INNODB: dict[str, Any] = {
    f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _OPTIONS.items()
}
DEFAULT_WAREHOUSE = b"DefaultWarehouse"
COUNTS = ("on_hand", "available", "set_aside", "held", "committed")


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


def _on_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _warehouse_id() -> sa.Column[Any]:
    # A text literal would be no blob to SQLite, and a hex literal comes back from MySQL in another guise.
    default = sa.text(f"X'{DEFAULT_WAREHOUSE.hex()}'") if _on_sqlite() else DEFAULT_WAREHOUSE.decode()
    return sa.Column("warehouse_id", UUID, server_default=default, nullable=False)


def upgrade() -> None:
    _make_warehouses()
    _make_holds_and_thresholds()
    _split_levels() if _on_sqlite() else _split_levels_in_place()
    op.create_index("ix_stock_levels_warehouse_id", "stock_levels", ["warehouse_id"], unique=False)
    op.add_column("stock_ledger", _warehouse_id())
    op.add_column("stock_ledger", sa.Column("document", sa.String(length=100), nullable=True))
    op.create_index("ix_stock_ledger_cause_id", "stock_ledger", ["cause", "id"], unique=False)
    op.add_column("flash_sale_items", _warehouse_id())


def _make_warehouses() -> None:
    warehouses = op.create_table(
        "warehouses",
        sa.Column("id", UUID, nullable=False),
        sa.Column("code", Exact(32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name=op.f("uq_warehouses_code")),
        **INNODB,
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    first = {"id": DEFAULT_WAREHOUSE, "code": "MAIN", "name": "Main warehouse", "priority": 100}
    op.bulk_insert(warehouses, [first | {"active": True, "version": 1, "created_at": now, "updated_at": now}])


def _make_holds_and_thresholds() -> None:
    op.create_table(
        "stock_holds",
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("warehouse_id", UUID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_holds_quantity_positive")),
        sa.PrimaryKeyConstraint("order_id", "sku"),
        **INNODB,
    )
    op.create_index("ix_stock_holds_sku_state", "stock_holds", ["sku", "state"], unique=False)
    op.create_table(
        "stock_thresholds",
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("is_low", sa.Boolean(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_stock_thresholds_units_not_negative")),
        sa.PrimaryKeyConstraint("sku"),
        **INNODB,
    )


def _split_levels_in_place() -> None:
    op.add_column("stock_levels", _warehouse_id())
    op.execute("ALTER TABLE stock_levels DROP PRIMARY KEY, ADD PRIMARY KEY (sku, warehouse_id)")
    op.create_foreign_key("fk_stock_levels_warehouse_id", "stock_levels", "warehouses", ["warehouse_id"], ["id"])


def _split_levels() -> None:
    """SQLite cannot change a primary key: the table is made anew."""
    op.rename_table("stock_levels", "stock_levels_before")
    _make_levels(
        _warehouse_id(),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouses.id"], name=op.f("fk_stock_levels_warehouse_id")),
        sa.PrimaryKeyConstraint("sku", "warehouse_id"),
    )
    columns = ", ".join(("sku", *COUNTS, "updated_at"))
    op.execute(f"INSERT INTO stock_levels ({columns}) SELECT {columns} FROM stock_levels_before")  # noqa: S608
    op.drop_table("stock_levels_before")


def _make_levels(*parts: Any) -> None:
    op.create_table(
        "stock_levels",
        sa.Column("sku", Exact(64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("updated_at", MOMENT, nullable=False),
        *parts,
        *(
            sa.CheckConstraint(f"{name} >= 0", name=op.f(f"ck_stock_levels_{name}_not_negative"))
            for name in COUNTS
        ),
        sa.CheckConstraint(
            "on_hand = available + set_aside + held + committed", name=op.f("ck_stock_levels_equation")
        ),
        **INNODB,
    )


def downgrade() -> None:
    """The levels of a SKU's warehouses become one again."""
    op.drop_column("flash_sale_items", "warehouse_id")
    op.drop_index("ix_stock_ledger_cause_id", table_name="stock_ledger")
    op.drop_column("stock_ledger", "document")
    op.drop_column("stock_ledger", "warehouse_id")
    _join_levels()
    op.drop_table("stock_thresholds")
    op.drop_table("stock_holds")
    op.drop_table("warehouses")


def _join_levels() -> None:
    sums = ", ".join(f"SUM({name}) AS {name}" for name in COUNTS)
    op.execute(
        f"CREATE TABLE stock_levels_sums AS SELECT sku, {sums}, MAX(updated_at) AS updated_at"  # noqa: S608
        " FROM stock_levels GROUP BY sku"
    )
    if _on_sqlite():
        op.drop_table("stock_levels")
        _make_levels(sa.PrimaryKeyConstraint("sku"))
    else:
        op.execute("DELETE FROM stock_levels")
        op.drop_constraint("fk_stock_levels_warehouse_id", "stock_levels", type_="foreignkey")
        op.drop_index("ix_stock_levels_warehouse_id", table_name="stock_levels")
        op.execute("ALTER TABLE stock_levels DROP PRIMARY KEY, ADD PRIMARY KEY (sku)")
        op.drop_column("stock_levels", "warehouse_id")
    columns = ", ".join(("sku", *COUNTS, "updated_at"))
    op.execute(f"INSERT INTO stock_levels ({columns}) SELECT {columns} FROM stock_levels_sums")  # noqa: S608
    op.drop_table("stock_levels_sums")
