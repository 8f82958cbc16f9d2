"""Names of the keys in Redis, and how values are written there."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

LOADED_ITEMS = "flash:loaded"
"""Set of ``item|sku`` whose counters are in Redis."""


@dataclass(frozen=True, slots=True)
class ItemKeys:
    """The keys of one flash-sale item; all of them in the slot of its SKU."""

    item: str
    buyers: str
    requests: str
    pending: str
    holds: str
    fence: str
    late: str
    open: str

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, sku: str, item_id: UUID) -> "ItemKeys":
        base = f"flash:{{{sku}}}:{item_id.hex}"
        names = ("buyers", "keys", "pending", "holds", "fence", "late", "open")
        return cls(base, *(f"{base}:{name}" for name in names))

    def all(self) -> tuple[str, ...]:
        return (self.item, self.buyers, self.requests, self.pending, self.holds, self.fence, self.late, self.open)

    def parts(self, token: str) -> tuple[str, str, str]:
        """Where new buyers, keys and holds are written before they are put in place."""
        base = f"{self.item}:load:{token}"
        return f"{base}:buyers", f"{base}:keys", f"{base}:holds"


def claim_key(customer_id: UUID, key: str) -> str:
    """Remembers which input an idempotency key came with, over all items."""
    return f"claim:{{{customer_id.hex}}}:{key}"


def accepted_key(customer_id: UUID) -> str:
    """Hash of a customer's accepted orders that may not be in the database yet: order -> item|sku."""
    return f"accepted:{{{customer_id.hex}}}"


def price_text(minor: int, currency: str) -> str:
    """A price as the script compares it: ``1990EUR``."""
    return f"{minor}{currency}"
