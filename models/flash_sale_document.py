"""A flash sale outside the database: what the hot path and the readers know of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.enums import FlashSaleStatus


@dataclass(frozen=True, slots=True)
class FlashItemDoc:
    """One item with what never changes while its sale runs. Prices are minor units."""

    id: UUID
    sale_id: UUID
    variant_id: UUID
    sku: str
    title: str
    price: int
    currency: str
    quantity: int
    per_customer_limit: int
    starts_at: datetime
    ends_at: datetime
    paused: bool


@dataclass(frozen=True, slots=True)
class FlashSaleDoc:
    id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    paused: bool
    item_ids: tuple[UUID, ...]

    def status(self, now: datetime) -> FlashSaleStatus:
        """The clock decides; a pause shows only while the sale would run."""
        if now >= self.ends_at:
            return FlashSaleStatus.ENDED
        if now < self.starts_at:
            return FlashSaleStatus.SCHEDULED
        return FlashSaleStatus.PAUSED if self.paused else FlashSaleStatus.RUNNING
