"""The topics of the log."""

from typing import Final

from infra import changes
from infra.eventlog import dead_letter_topic

ORDERS: Final = "orders.v1"
PAYMENTS: Final = "payments.v1"
STOCK: Final = "stock.v1"
SALES: Final = "sales.v1"
"""Sales, and what they are made of: products, customers, carts."""
TOPICS: Final = (ORDERS, PAYMENTS, STOCK, SALES)
ALL_TOPICS: Final = (*TOPICS, *(dead_letter_topic(topic) for topic in TOPICS), changes.TOPIC)
