"""SQLAlchemy tables, enums and column types. One file an area; all of them share ``Base``."""

from models import changes as _changes  # noqa: F401 - it listens to the sessions that write
from models import search_index as _search_index  # noqa: F401 - it does so, too
from models.base import Base
from models.catalog import Category, Image, Product, SlugRedirect, Variant, VariantPrice
from models.enums import (
    FlashSaleStatus,
    HoldState,
    MailKind,
    OrderStatus,
    ProductStatus,
    Role,
    StockCause,
    TokenPurpose,
)
from models.flash_sale import FlashSale, FlashSaleItem
from models.mail import QueuedMail
from models.media import MediaFile
from models.messaging import Barrier, IdempotencyKey, OutboxMessage
from models.order import Order, OrderEvent, OrderLine
from models.search import SearchPosting, SearchWord
from models.session import AuditEntry, RefreshSession, ServiceToken
from models.stock import DEFAULT_WAREHOUSE, StockEntry, StockHold, StockLevel, StockThreshold, Warehouse
from models.user import AccountToken, Address, Identity, StaffRole, User

__all__ = [
    "DEFAULT_WAREHOUSE",
    "AccountToken",
    "Address",
    "AuditEntry",
    "Barrier",
    "Base",
    "Category",
    "FlashSale",
    "FlashSaleItem",
    "FlashSaleStatus",
    "HoldState",
    "IdempotencyKey",
    "Identity",
    "Image",
    "MailKind",
    "MediaFile",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderStatus",
    "OutboxMessage",
    "Product",
    "ProductStatus",
    "QueuedMail",
    "RefreshSession",
    "Role",
    "SearchPosting",
    "SearchWord",
    "ServiceToken",
    "SlugRedirect",
    "StaffRole",
    "StockCause",
    "StockEntry",
    "StockHold",
    "StockLevel",
    "StockThreshold",
    "TokenPurpose",
    "User",
    "Variant",
    "VariantPrice",
    "Warehouse",
]
