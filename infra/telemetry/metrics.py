"""Metrics of the plumbing; the shop's are in services/shared/metrics.py.

Names and units follow https://prometheus.io/docs/practices/naming/.
Labels have few values, none of them a client's words. docs/operations.md says what each is good for.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When each series began: as many series again, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "rushcart_requests", "GraphQL operations by root field, and ok or the code of their error.",
    ["operation", "outcome"],
)  # fmt: skip
REQUEST_SECONDS = Histogram(
    "rushcart_request_seconds", "Time of GraphQL operations by root field.", ["operation"], buckets=SECONDS
)
HTTP_RESPONSES = Counter("rushcart_http_responses", "HTTP responses by route and status.", ["route", "status"])
HTTP_CONNECTIONS = Gauge(
    "rushcart_http_connections", "Connections of clients that are open.", multiprocess_mode="livesum"
)
HTTP_CONNECTIONS_ENDED = Counter(
    "rushcart_http_connections_ended", "Connections that the server ended, by what was wrong.", ["reason"]
)
REFUSALS = Counter(
    "rushcart_refusals", "Mutations that were answered with a typed error, by its code.", ["operation", "code"]
)
HAPPENINGS = Counter(
    "rushcart_happenings",
    "What happened, by area: hits, misses and fills of caches, outcomes of webhooks.",
    ["area", "what"],
)
REPLICA_WAIT = Histogram(
    "rushcart_replica_wait_seconds",
    "How long reads waited for the database's replica to have what its primary had.",
    buckets=SECONDS,
)
LOOP_LAG = Histogram(
    "rushcart_event_loop_lag_seconds", "How much later than asked the event loop woke up.", buckets=SECONDS
)
DATABASE_CONNECTIONS = Gauge(
    "rushcart_database_connections", "Connections of the pool, by what they do.", ["state"],
    multiprocess_mode="livesum",
)  # fmt: skip

LOG_LAG = Gauge(
    "rushcart_log_lag_messages", "Messages that the group has not handled.", ["topic", "group"],
    multiprocess_mode="max",
)  # fmt: skip
DEAD_LETTERS = Gauge(
    "rushcart_dead_letters", "Messages that could not be handled, and were not replayed.", ["topic"],
    multiprocess_mode="max",
)  # fmt: skip
