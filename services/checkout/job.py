"""What a checkout's saga is begun with: the order whole, and the lines of the cart that it takes."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from models.order_document import OrderSnapshot
from services.saga.plan import Job

OPERATION: Final = "checkout"
"""Of idempotency keys."""


def checkout_data(
    order: OrderSnapshot, cart_lines: Mapping[UUID, int], key: str, discount_id: UUID | None, *, promised: bool
) -> dict[str, Any]:
    """``cart_lines``: units by line; ``key``: the customer's idempotency key; ``discount_id``: of the code that is
    used; ``promised`` by a quote."""
    return {
        "order": order.to_json(),
        "cart": {line.hex: quantity for line, quantity in cart_lines.items()},
        "key": key,
        "discount": None if discount_id is None else discount_id.hex,
        "promised": promised,
    }


def order_of(job: Job) -> OrderSnapshot:
    return OrderSnapshot.from_json(job.data["order"])


def cart_lines_of(job: Job) -> dict[UUID, int]:
    return {UUID(line): int(quantity) for line, quantity in job.data["cart"].items()}
