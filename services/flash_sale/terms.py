"""The terms of an item: what the reservation script goes by, apart from the counters."""

from dataclasses import dataclass

from infra.clock import to_millis
from models import FlashSale, FlashSaleItem
from models.group_terms import mark_of
from services.reservation.keys import price_text


@dataclass(frozen=True, slots=True)
class Terms:
    """``version`` is the sale's; ``paused`` also when the sale is closed, whatever the clock says."""

    version: int
    starts_ms: int
    ends_ms: int
    paused: bool
    limit: int
    price: str

    @classmethod
    def of(cls, sale: FlashSale, item: FlashSaleItem) -> "Terms":
        return cls(
            version=sale.version,
            starts_ms=to_millis(sale.starts_at),
            ends_ms=to_millis(sale.ends_at),
            paused=sale.paused or sale.closed_at is not None,
            limit=item.per_customer_limit,
            price=price_text(item.price, item.currency) + mark_of(sale.group_terms, item.prices),
        )
