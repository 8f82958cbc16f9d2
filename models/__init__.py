"""SQLAlchemy tables, enums and column types. One file an area; all of them share ``Base``."""

from models import changes as _changes  # noqa: F401 - it listens to the sessions that write
from models.armed_order import ArmedOrder
from models.base import Base
from models.bulk_job import BulkJob
from models.cart import Cart, CartItem
from models.catalog import Category, Image, Product, SlugRedirect, Variant, VariantPrice
from models.charges import FirstFill, ShippingZone, TaxRegion
from models.customer_group import CustomerGroup, CustomerTag, GroupMember
from models.discount import DiscountCode, DiscountUse, FlashCodeHold
from models.document import ListedDocument
from models.draft import DraftOrder
from models.enums import (
    ArmedState,
    DeliveryState,
    DiscountKind,
    DiscountUseState,
    FlashSaleStatus,
    HoldState,
    InboxState,
    MailKind,
    MoneyCause,
    OrderStatus,
    PaymentProblem,
    PaymentStatus,
    ProductStatus,
    RefundState,
    Role,
    SagaState,
    StockCause,
    TokenPurpose,
)
from models.flash_sale import FlashSale, FlashSaleItem
from models.mail import QueuedMail
from models.media import MediaFile
from models.messaging import Barrier, IdempotencyKey, OutboxMessage
from models.metadata import MetadataDefinition, MetadataEntry
from models.order import Order, OrderEvent, OrderLine, OrderLink, OrderTag, Shipment, ShipmentLine
from models.payment import InboxEvent, MoneyEntry, Payment, Refund, SandboxCharge, SandboxEvent
from models.price_list import ListedPrice, PriceList, PriceListGroup
from models.quote import Quote
from models.saga import Saga
from models.schema_support import SchemaSupport
from models.search import ListingName, ProductListing, SearchDocument, SearchPosting, SearchText
from models.session import AuditEntry, RefreshSession, ServiceToken
from models.stock import DEFAULT_WAREHOUSE, StockEntry, StockHold, StockLevel, StockThreshold, Warehouse
from models.user import (
    AccountToken,
    Address,
    CustomRole,
    Identity,
    Person,
    RoleHolder,
    StaffRole,
    User,
    UserWord,
)
from models.waiting_room import SaleTicket, WaitingRoom
from models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "DEFAULT_WAREHOUSE",
    "AccountToken",
    "Address",
    "ArmedOrder",
    "ArmedState",
    "AuditEntry",
    "Barrier",
    "Base",
    "BulkJob",
    "Cart",
    "CartItem",
    "Category",
    "CustomRole",
    "CustomerGroup",
    "CustomerTag",
    "DeliveryState",
    "DiscountCode",
    "DiscountKind",
    "DiscountUse",
    "DiscountUseState",
    "DraftOrder",
    "FirstFill",
    "FlashCodeHold",
    "FlashSale",
    "FlashSaleItem",
    "FlashSaleStatus",
    "GroupMember",
    "HoldState",
    "IdempotencyKey",
    "Identity",
    "Image",
    "InboxEvent",
    "InboxState",
    "ListedDocument",
    "ListedPrice",
    "ListingName",
    "MailKind",
    "MediaFile",
    "MetadataDefinition",
    "MetadataEntry",
    "MoneyCause",
    "MoneyEntry",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderLink",
    "OrderStatus",
    "OrderTag",
    "OutboxMessage",
    "Payment",
    "PaymentProblem",
    "PaymentStatus",
    "Person",
    "PriceList",
    "PriceListGroup",
    "Product",
    "ProductListing",
    "ProductStatus",
    "QueuedMail",
    "Quote",
    "RefreshSession",
    "Refund",
    "RefundState",
    "Role",
    "RoleHolder",
    "Saga",
    "SagaState",
    "SaleTicket",
    "SandboxCharge",
    "SandboxEvent",
    "SchemaSupport",
    "SearchDocument",
    "SearchPosting",
    "SearchText",
    "ServiceToken",
    "Shipment",
    "ShipmentLine",
    "ShippingZone",
    "SlugRedirect",
    "StaffRole",
    "StockCause",
    "StockEntry",
    "StockHold",
    "StockLevel",
    "StockThreshold",
    "TaxRegion",
    "TokenPurpose",
    "User",
    "UserWord",
    "Variant",
    "VariantPrice",
    "WaitingRoom",
    "Warehouse",
    "WebhookDelivery",
    "WebhookEndpoint",
]
