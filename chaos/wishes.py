"""What a shopper wants, and was told of it."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Wish:
    """One thing that one customer wants: ``orders`` are those that answers showed, ``cancelled`` as was told.

    ``approved``: what was said on the provider's page, None when it was not reached.
    """

    customer_id: UUID
    key: str
    quantity: int
    item_id: UUID | None = None
    orders: set[UUID] = field(default_factory=set)
    refused: bool = False
    cancelled: bool = False
    approved: bool | None = None
