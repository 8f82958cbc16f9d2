"""The enums of the business; pure, so that rules can use them without the tables."""

from enum import StrEnum


class Role(StrEnum):
    """A GUEST has a session, but no account; everybody else may do what guests may."""

    GUEST = "GUEST"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    ADMIN = "ADMIN"


class Scope(StrEnum):
    """What a service token may do, or who has a role of the shop's own. A scope to write includes those to read
    the same, and to do a part of it.
    """

    CATALOG_READ = "CATALOG_READ"
    CATALOG_WRITE = "CATALOG_WRITE"
    STOCK_WRITE = "STOCK_WRITE"
    SALES_WRITE = "SALES_WRITE"
    DISCOUNTS_WRITE = "DISCOUNTS_WRITE"
    CHARGES_WRITE = "CHARGES_WRITE"
    ORDERS_READ = "ORDERS_READ"
    ORDERS_SHIP = "ORDERS_SHIP"
    ORDERS_REFUND = "ORDERS_REFUND"
    ORDERS_WRITE = "ORDERS_WRITE"
    USERS_READ = "USERS_READ"


class JobKind(StrEnum):
    """What a job brings in or takes out."""

    PRODUCT_IMPORT = "PRODUCT_IMPORT"
    STOCK_IMPORT = "STOCK_IMPORT"
    PRODUCT_EXPORT = "PRODUCT_EXPORT"
    ORDER_EXPORT = "ORDER_EXPORT"


class JobState(StrEnum):
    """UPLOADING: its file is not whole yet. The last three are ends."""

    UPLOADING = "UPLOADING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TokenPurpose(StrEnum):
    """What a mailed token lets its holder do."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - no password
    LINK_IDENTITY = "LINK_IDENTITY"


class MailKind(StrEnum):
    """What a mail is about; each has a template. The first four carry a token of the same name."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - no password
    LINK_IDENTITY = "LINK_IDENTITY"
    EMAIL_CHANGE_REQUESTED = "EMAIL_CHANGE_REQUESTED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - no password
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    IDENTITY_LINKED = "IDENTITY_LINKED"
    IDENTITY_UNLINKED = "IDENTITY_UNLINKED"
    ORDER_PLACED = "ORDER_PLACED"
    ORDER_REJECTED = "ORDER_REJECTED"
    RECEIPT = "RECEIPT"
    ORDER_SHIPPED = "ORDER_SHIPPED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    REST_CANCELLED = "REST_CANCELLED"
    LINES_CANCELLED = "LINES_CANCELLED"
    ORDER_CHANGED = "ORDER_CHANGED"
    ORDER_EXPIRED = "ORDER_EXPIRED"
    REFUNDED = "REFUNDED"
    REFUNDED_LATE = "REFUNDED_LATE"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"


class ProductStatus(StrEnum):
    """Customers see PUBLISHED only."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


class MetadataOwner(StrEnum):
    """What has metadata."""

    PRODUCT = "PRODUCT"
    VARIANT = "VARIANT"
    CUSTOMER = "CUSTOMER"
    ORDER = "ORDER"


class MetadataType(StrEnum):
    """What a value must be."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATE_TIME = "DATE_TIME"
    URL = "URL"
    JSON = "JSON"


class MetadataVisibility(StrEnum):
    """PUBLIC: for whoever sees what has it. PRIVATE: for staff."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class StockCause(StrEnum):
    RECEIVED = "RECEIVED"
    ADJUSTED = "ADJUSTED"
    COUNTED = "COUNTED"
    MOVED = "MOVED"
    SET_ASIDE = "SET_ASIDE"
    SALE_ENDED = "SALE_ENDED"
    HELD = "HELD"
    RELEASED = "RELEASED"
    COMMITTED = "COMMITTED"
    SHIPPED = "SHIPPED"
    REPAIRED = "REPAIRED"


class HoldState(StrEnum):
    """Of units in an order: held while it is not paid, committed until they are shipped."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    SHIPPED = "SHIPPED"


class ShippingBasis(StrEnum):
    """What the price of a way to ship goes by."""

    FLAT = "FLAT"
    WEIGHT = "WEIGHT"
    PRICE = "PRICE"
    QUANTITY = "QUANTITY"


class TaxRounding(StrEnum):
    """What is rounded: the sum of an order by rate, once, as EN 16931 has it; or each line."""

    ORDER = "ORDER"
    LINE = "LINE"


class HalfRounding(StrEnum):
    """Where a half goes."""

    UP = "UP"
    EVEN = "EVEN"


class FlashSaleStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


class OrderStatus(StrEnum):
    ACCEPTED = "ACCEPTED"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    PAID = "PAID"
    SHIPPED = "SHIPPED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    REFUNDED = "REFUNDED"


class PaymentStatus(StrEnum):
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class PaymentProblem(StrEnum):
    """Why money is held for staff: it is not what the order costs."""

    WRONG_AMOUNT = "WRONG_AMOUNT"
    WRONG_CURRENCY = "WRONG_CURRENCY"


class RefundState(StrEnum):
    """FAILED: the provider will not, so staff must see to it."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


class InboxState(StrEnum):
    """Of a provider's event: it was used, it was about nothing of ours, or of a kind that is not used."""

    DONE = "DONE"
    UNKNOWN = "UNKNOWN"
    IGNORED = "IGNORED"


class DeliveryState(StrEnum):
    """Of a webhook to a merchant's system; FAILED: it was tried for a day."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class MoneyCause(StrEnum):
    CAPTURED = "CAPTURED"
    REFUNDED = "REFUNDED"
    FEE = "FEE"


class SagaState(StrEnum):
    RUNNING = "RUNNING"
    UNDOING = "UNDOING"
    DONE = "DONE"
    UNDONE = "UNDONE"


class ArmedState(StrEnum):
    SETTING_UP = "SETTING_UP"
    """The customer is yet to set up the payment, on the provider's page."""
    READY = "READY"
    FAILED = "FAILED"
    """The payment could not be set up."""
    DISARMED = "DISARMED"
    EXPIRED = "EXPIRED"
    """The sale was over before it was placed."""
    PLACED = "PLACED"
    """It is an order, and about to be charged."""
    CHARGED = "CHARGED"
    DECLINED = "DECLINED"
    """It could not be charged: the order was cancelled."""


class DiscountKind(StrEnum):
    PERCENT = "PERCENT"
    AMOUNT = "AMOUNT"
    FREE_SHIPPING = "FREE_SHIPPING"


class DiscountUseState(StrEnum):
    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
