"""Initial."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic import op

revision = "0001"
down_revision = None
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
        "barrier",
        sa.Column("saga_id", UUID, nullable=False),
        sa.Column("branch", Exact(32), nullable=False),
        sa.Column("operation", Exact(16), nullable=False),
        sa.Column("reason", Exact(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("saga_id", "branch", "operation"),
        **INNODB,
    )
    op.create_table(
        "categories",
        sa.Column("id", UUID, nullable=False),
        sa.Column("slug", Exact(200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent_id", UUID, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
        **INNODB,
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_table(
        "flash_sales",
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_flash_sales_settled_ends", "flash_sales", ["settled_at", "ends_at"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("owner_id", UUID, nullable=False),
        sa.Column("operation", Exact(32), nullable=False),
        sa.Column("key", Exact(128), nullable=False),
        sa.Column("fingerprint", Exact(64), nullable=False),
        sa.Column("result_id", UUID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "operation", "key"),
        **INNODB,
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", UUID, nullable=False),
        sa.Column("number", Exact(20), nullable=False),
        sa.Column("customer_id", UUID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("idempotency_key", Exact(128), nullable=False),
        sa.Column("fingerprint", Exact(64), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_orders_customer_id_id", "orders", ["customer_id", "id"], unique=False)
    op.create_index("ix_orders_customer_id_key", "orders", ["customer_id", "idempotency_key"], unique=False)
    op.create_index(op.f("ix_orders_number"), "orders", ["number"], unique=False)
    op.create_index("ix_orders_status_expires", "orders", ["status", "expires_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", UUID, nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("envelope", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index(op.f("ix_outbox_claimed_until"), "outbox", ["claimed_until"], unique=False)
    op.create_table(
        "stock_ledger",
        sa.Column("id", UUID, nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reference", UUID, nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index("ix_stock_ledger_sku_id", "stock_ledger", ["sku", "id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("available >= 0", name=op.f("ck_stock_levels_available_not_negative")),
        sa.CheckConstraint("committed >= 0", name=op.f("ck_stock_levels_committed_not_negative")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_stock_levels_held_not_negative")),
        sa.CheckConstraint(
            "on_hand = available + set_aside + held + committed", name=op.f("ck_stock_levels_equation")
        ),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_levels_on_hand_not_negative")),
        sa.CheckConstraint("set_aside >= 0", name=op.f("ck_stock_levels_set_aside_not_negative")),
        sa.PrimaryKeyConstraint("sku"),
        **INNODB,
    )
    op.create_table(
        "users",
        sa.Column("id", UUID, nullable=False),
        sa.Column("email", Exact(254), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        **INNODB,
    )
    op.create_table(
        "order_events",
        sa.Column("id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index(op.f("ix_order_events_order_id"), "order_events", ["order_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("id", UUID, nullable=False),
        sa.Column("order_id", UUID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("variant_id", UUID, nullable=False),
        sa.Column("flash_sale_item_id", UUID, nullable=True),
        sa.Column("title", sa.String(length=512), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index(op.f("ix_order_lines_flash_sale_item_id"), "order_lines", ["flash_sale_item_id"], unique=False)
    op.create_index(op.f("ix_order_lines_order_id"), "order_lines", ["order_id"], unique=False)
    op.create_index(op.f("ix_order_lines_sku"), "order_lines", ["sku"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", UUID, nullable=False),
        sa.Column("slug", Exact(200), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("vendor", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("category_id", UUID, nullable=True),
        sa.Column("min_price", sa.BigInteger(), nullable=False),
        sa.Column("max_price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_products_category_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", name=op.f("uq_products_slug")),
        **INNODB,
    )
    op.create_index(op.f("ix_products_category_id"), "products", ["category_id"], unique=False)
    op.create_index("ix_products_min_price_id", "products", ["min_price", "id"], unique=False)
    op.create_index("ix_products_title_id", "products", ["title", "id"], unique=False)
    op.create_index(op.f("ix_products_vendor"), "products", ["vendor"], unique=False)
    op.create_table(
        "images",
        sa.Column("id", UUID, nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("alt_text", sa.String(length=512), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_images_product_id")),
        sa.PrimaryKeyConstraint("id"),
        **INNODB,
    )
    op.create_index(op.f("ix_images_product_id"), "images", ["product_id"], unique=False)
    op.create_table(
        "variants",
        sa.Column("id", UUID, nullable=False),
        sa.Column("product_id", UUID, nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_variants_price_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_variants_product_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sku", name=op.f("uq_variants_sku")),
        **INNODB,
    )
    op.create_index(op.f("ix_variants_product_id"), "variants", ["product_id"], unique=False)
    op.create_table(
        "flash_sale_items",
        sa.Column("id", UUID, nullable=False),
        sa.Column("sale_id", UUID, nullable=False),
        sa.Column("variant_id", UUID, nullable=False),
        sa.Column("sku", Exact(64), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("per_customer_limit", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "remaining >= 0 AND remaining <= quantity", name=op.f("ck_flash_sale_items_remaining_in_range")
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["flash_sales.id"], name=op.f("fk_flash_sale_items_sale_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_flash_sale_items_variant_id")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sale_id", "sku", name=op.f("uq_flash_sale_items_sale_id_sku")),
        **INNODB,
    )
    op.create_index(op.f("ix_flash_sale_items_sale_id"), "flash_sale_items", ["sale_id"], unique=False)
    op.create_index(op.f("ix_flash_sale_items_sku"), "flash_sale_items", ["sku"], unique=False)
    op.create_index(op.f("ix_flash_sale_items_variant_id"), "flash_sale_items", ["variant_id"], unique=False)


def downgrade() -> None:
    op.drop_table("flash_sale_items")
    op.drop_table("variants")
    op.drop_table("images")
    op.drop_table("products")
    op.drop_table("order_lines")
    op.drop_table("order_events")
    op.drop_table("users")
    op.drop_table("stock_levels")
    op.drop_table("stock_ledger")
    op.drop_table("outbox")
    op.drop_table("orders")
    op.drop_table("idempotency_keys")
    op.drop_table("flash_sales")
    op.drop_table("categories")
    op.drop_table("barrier")
