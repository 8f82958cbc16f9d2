"""The terms of an item: what the reservation script goes by, apart from the counters."""

from dataclasses import dataclass

from infra.clock import to_millis
from models import FlashSale, FlashSaleItem


@dataclass(frozen=True, slots=True)
class Terms:
    """``version`` is the sale's; ``price`` in minor units; ``paused`` also when the sale is closed, whatever the
    clock says."""

    version: int
    starts_ms: int
    ends_ms: int
    paused: bool
    limit: int
    price: int

    @classmethod
    def of(cls, sale: FlashSale, item: FlashSaleItem) -> "Terms":
        return cls(
            version=sale.version,
            starts_ms=to_millis(sale.starts_at),
            ends_ms=to_millis(sale.ends_at),
            paused=sale.paused or sale.closed_at is not None,
            limit=item.per_customer_limit,
            price=item.price,
        )
