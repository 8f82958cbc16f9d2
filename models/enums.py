"""The enums of the business; pure, so that rules can use them without the tables."""

from enum import StrEnum


class Role(StrEnum):
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    ADMIN = "ADMIN"


class StockCause(StrEnum):
    RECEIVED = "RECEIVED"
    ADJUSTED = "ADJUSTED"
    SET_ASIDE = "SET_ASIDE"
    SALE_ENDED = "SALE_ENDED"
    HELD = "HELD"
    RELEASED = "RELEASED"
    REPAIRED = "REPAIRED"


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
