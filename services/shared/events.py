"""Events: topics and types. Every message has the envelope of ``infra.cloudevents``."""

from infra.changes import TOPIC as CHANGES
from infra.cloudevents import Event, MalformedEvent, decode, encode, envelope
from infra.eventlog import dead_letter_topic

ORDERS = "orders.v1"
PAYMENTS = "payments.v1"
STOCK = "stock.v1"
SALES = "sales.v1"
TOPICS = (ORDERS, PAYMENTS, STOCK, SALES)
ALL_TOPICS = (*TOPICS, *(dead_letter_topic(topic) for topic in TOPICS), CHANGES)

ORDER_WORKERS = "rushcart.orders"
"""The consumer group that persists orders and gives stock back."""

ORDER_PLACED = "rushcart.order.placed.v1"
ORDER_ACCEPTED = "rushcart.order.accepted.v1"
"""Of a checkout: it is in the database already, where ``placed`` ones are to come."""
ORDER_CANCELLED = "rushcart.order.cancelled.v1"
ORDER_EXPIRED = "rushcart.order.expired.v1"
ORDER_REJECTED = "rushcart.order.rejected.v1"
ORDER_PAID = "rushcart.order.paid.v1"
ORDER_PARTLY_SHIPPED = "rushcart.order.partly-shipped.v1"
ORDER_SHIPPED = "rushcart.order.shipped.v1"
ORDER_COMPLETED = "rushcart.order.completed.v1"
ORDER_NOTED = "rushcart.order.noted.v1"
ORDER_REFUNDED = "rushcart.order.refunded.v1"
PAYMENT_CREATED = "rushcart.payment.created.v1"
PAYMENT_AUTHORIZED = "rushcart.payment.authorized.v1"
PAYMENT_CAPTURED = "rushcart.payment.captured.v1"
PAYMENT_FAILED = "rushcart.payment.failed.v1"
PAYMENT_CANCELLED = "rushcart.payment.cancelled.v1"
PAYMENT_REFUNDED = "rushcart.payment.refunded.v1"
STOCK_CHANGED = "rushcart.stock.changed.v1"
STOCK_LOW = "rushcart.stock.low.v1"
SALE_SCHEDULED = "rushcart.sale.scheduled.v1"
SALE_CHANGED = "rushcart.sale.changed.v1"
SALE_PAUSED = "rushcart.sale.paused.v1"
SALE_RESUMED = "rushcart.sale.resumed.v1"
SALE_ENDED = "rushcart.sale.ended.v1"
SALE_SETTLED = "rushcart.sale.settled.v1"

EVENT_TYPES = (
    *(ORDER_PLACED, ORDER_ACCEPTED, ORDER_CANCELLED, ORDER_EXPIRED, ORDER_REJECTED, ORDER_PAID),
    *(ORDER_PARTLY_SHIPPED, ORDER_SHIPPED, ORDER_COMPLETED, ORDER_NOTED, ORDER_REFUNDED),
    *(PAYMENT_CREATED, PAYMENT_AUTHORIZED, PAYMENT_CAPTURED, PAYMENT_FAILED, PAYMENT_CANCELLED, PAYMENT_REFUNDED),
    *(STOCK_CHANGED, STOCK_LOW),
    *(SALE_SCHEDULED, SALE_CHANGED, SALE_PAUSED, SALE_RESUMED, SALE_ENDED, SALE_SETTLED),
)
"""All that is told of what happens in the shop."""
WEBHOOK_WORKERS = "rushcart.webhooks"
"""The consumer group that makes deliveries of events for merchants' systems."""

__all__ = [
    "ALL_TOPICS",
    "CHANGES",
    "EVENT_TYPES",
    "ORDERS",
    "ORDER_ACCEPTED",
    "ORDER_CANCELLED",
    "ORDER_COMPLETED",
    "ORDER_EXPIRED",
    "ORDER_NOTED",
    "ORDER_PAID",
    "ORDER_PARTLY_SHIPPED",
    "ORDER_PLACED",
    "ORDER_REFUNDED",
    "ORDER_REJECTED",
    "ORDER_SHIPPED",
    "ORDER_WORKERS",
    "PAYMENTS",
    "PAYMENT_AUTHORIZED",
    "PAYMENT_CANCELLED",
    "PAYMENT_CAPTURED",
    "PAYMENT_CREATED",
    "PAYMENT_FAILED",
    "PAYMENT_REFUNDED",
    "SALES",
    "SALE_CHANGED",
    "SALE_ENDED",
    "SALE_PAUSED",
    "SALE_RESUMED",
    "SALE_SCHEDULED",
    "SALE_SETTLED",
    "STOCK",
    "STOCK_CHANGED",
    "STOCK_LOW",
    "TOPICS",
    "WEBHOOK_WORKERS",
    "Event",
    "MalformedEvent",
    "decode",
    "encode",
    "envelope",
]
