"""Metrics of the shop. Labels have few values; docs/operations.md says what each is good for."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from infra.telemetry.metrics import SECONDS

_SIZES: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)

RESERVATIONS = Counter(
    "rushcart_reservations", "What became of tries to reserve units of a flash sale.", ["outcome"]
)
SERVICE_ANSWERS = Counter(
    "rushcart_charges_service_answers",
    "How services that price shipping and taxes answered.",
    ["service", "outcome"],
)
PERSIST_BATCH = Histogram("rushcart_persist_batch_orders", "Orders persisted at once.", buckets=_SIZES)
PERSIST_SECONDS = Histogram("rushcart_persist_seconds", "Time to persist a batch of orders.", buckets=SECONDS)
# Of the shop, not of one process: every worker looks, and all tell the same.
ORDERS = Gauge(
    "rushcart_orders", "Orders that are not at their end, by state.", ["status"], multiprocess_mode="max"
)
OLDEST_OVERDUE = Gauge(
    "rushcart_oldest_overdue_order_seconds",
    "How long ago the oldest unpaid order that is still open should have been closed.",
    multiprocess_mode="max",
)
STOCK_DIFFERENCES = Gauge(
    "rushcart_stock_differences", "What the last reconciliation of stock found not to add up.",
    multiprocess_mode="max",
)  # fmt: skip
RECONCILED_AT = Gauge(
    "rushcart_stock_reconciled_timestamp_seconds", "When the last reconciliation of stock ended.",
    multiprocess_mode="max",
)  # fmt: skip
HELD_PAYMENTS = Gauge(
    "rushcart_held_payments", "Payments of another amount or currency than their order's.", multiprocess_mode="max"
)
FAILED_REFUNDS = Gauge("rushcart_failed_refunds", "Refunds that a provider refused.", multiprocess_mode="max")
DOCUMENT_BYTES = Gauge(
    "rushcart_documents_bytes",
    "What the documents that clients made known take in Redis.",
    multiprocess_mode="max",
)
SAMPLED_AT = Gauge(
    "rushcart_shop_sampled_timestamp_seconds", "When a worker last looked at the shop as a whole.",
    multiprocess_mode="max",
)  # fmt: skip
