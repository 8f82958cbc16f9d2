"""Every metric there is. Names and units follow https://prometheus.io/docs/practices/naming/.

Labels have few values, none of them a client's words. docs/operations.md says what each is good for.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)

REQUESTS = Counter(
    "rushcart_requests", "GraphQL operations by root field, and ok or the code of their error.",
    ["operation", "outcome"],
)  # fmt: skip
REQUEST_SECONDS = Histogram(
    "rushcart_request_seconds", "Time of GraphQL operations by root field.", ["operation"], buckets=_SECONDS
)
HTTP_RESPONSES = Counter("rushcart_http_responses", "HTTP responses by route and status.", ["route", "status"])
REFUSALS = Counter(
    "rushcart_refusals", "Mutations that were answered with a typed error, by its code.", ["operation", "code"]
)
RESERVATIONS = Counter(
    "rushcart_reservations", "What became of tries to reserve units of a flash sale.", ["outcome"]
)
PERSIST_BATCH = Histogram("rushcart_persist_batch_orders", "Orders persisted at once.", buckets=_SIZES)
PERSIST_SECONDS = Histogram("rushcart_persist_seconds", "Time to persist a batch of orders.", buckets=_SECONDS)
HAPPENINGS = Counter(
    "rushcart_happenings", "Hits, misses and fills of caches, outcomes of payment webhooks.", ["area", "what"]
)
LOOP_LAG = Histogram(
    "rushcart_event_loop_lag_seconds", "How much later than asked the event loop woke up.", buckets=_SECONDS
)
DATABASE_CONNECTIONS = Gauge(
    "rushcart_database_connections", "Connections of the pool, by what they do.", ["state"],
    multiprocess_mode="livesum",
)  # fmt: skip

# Of the shop, not of one process: every worker looks, and all tell the same.
ORDERS = Gauge(
    "rushcart_orders", "Orders that are not at their end, by state.", ["status"], multiprocess_mode="max"
)
OLDEST_OVERDUE = Gauge(
    "rushcart_oldest_overdue_order_seconds",
    "How long ago the oldest unpaid order that is still open should have been closed.",
    multiprocess_mode="max",
)
LOG_LAG = Gauge(
    "rushcart_log_lag_messages", "Messages that the group has not handled.", ["topic", "group"],
    multiprocess_mode="max",
)  # fmt: skip
DEAD_LETTERS = Gauge(
    "rushcart_dead_letters", "Messages that could not be handled, and were not replayed.", ["topic"],
    multiprocess_mode="max",
)  # fmt: skip
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
SAMPLED_AT = Gauge(
    "rushcart_shop_sampled_timestamp_seconds", "When a worker last looked at the shop as a whole.",
    multiprocess_mode="max",
)  # fmt: skip
