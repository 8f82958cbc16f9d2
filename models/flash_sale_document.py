"""A flash sale outside the database: what the hot path and the readers know of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from models.enums import FlashSaleStatus
from models.group_terms import GroupTerms, PriceList


@dataclass(frozen=True, slots=True)
class FlashItemDoc:
    """One item with what seldom changes while its sale runs. Prices are minor units.

    ``is_public``: customers may see its variant, and so order it. ``needs_pass``: of the waiting room.
    ``weight_grams`` of one unit, and its ``tax_class``, are for what its orders are charged. ``allows_codes`` and
    ``requires_delivery`` are the sale's. ``prices`` are those in other currencies; ``mark`` tells them and groups'
    terms from others, for the script that reserves.
    """

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
    closed_at: datetime | None
    version: int
    is_public: bool = True
    needs_pass: bool = False
    weight_grams: int | None = None
    tax_class: str | None = None
    group_terms: GroupTerms | None = None
    prices: PriceList = ()
    mark: str = ""
    allows_codes: bool = False
    requires_delivery: bool = False
    confirmed_email_only: bool = False

    def is_sold_in(self, currency: str) -> bool:
        return self.price_in(currency)[0] == currency

    def price_in(self, currency: str | None) -> tuple[str, int]:
        """Returns the currency asked for, if it has such a price, else its own, and the price."""
        own = (self.currency, self.price)
        if currency in (None, self.currency):
            return own
        return next((listed for listed in self.prices if listed[0] == currency), own)

    def is_over(self, now: datetime) -> bool:
        return self.closed_at is not None or now >= self.ends_at


@dataclass(frozen=True, slots=True)
class FlashSaleDoc:
    id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    paused: bool
    version: int
    closed_at: datetime | None
    settled_at: datetime | None
    item_ids: tuple[UUID, ...]
    admit_per_second: int | None = None
    allows_codes: bool = False
    requires_delivery: bool = False
    confirmed_email_only: bool = False

    def status(self, now: datetime) -> FlashSaleStatus:
        return sale_status(self, now)

    @property
    def cancelled_at(self) -> datetime | None:
        """Closed before it began."""
        return self.closed_at if self.closed_at and self.closed_at < self.starts_at else None


class SaleTimes(Protocol):
    """What the status of a sale follows from: its row or its document."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def paused(self) -> bool: ...
    @property
    def closed_at(self) -> datetime | None: ...


def sale_status(sale: SaleTimes, now: datetime) -> FlashSaleStatus:
    """Returns the status: the clock decides, unless the sale was closed; a pause shows only while it would run."""
    if sale.closed_at is not None or now >= sale.ends_at:
        return FlashSaleStatus.ENDED
    if now < sale.starts_at:
        return FlashSaleStatus.SCHEDULED
    return FlashSaleStatus.PAUSED if sale.paused else FlashSaleStatus.RUNNING
