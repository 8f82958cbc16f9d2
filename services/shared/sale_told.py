"""What events of sales tell of their items."""

from dataclasses import dataclass
from uuid import UUID

from services.shared.event_fields import Currency, Minor, Sku, Units


@dataclass(frozen=True, slots=True)
class PriceTold:
    """Of one unit."""

    price: Minor
    currency: Currency


@dataclass(frozen=True, slots=True)
class ItemTold:
    """``unsold`` is there once the item is settled. ``prices``: those in other currencies."""

    item_id: UUID
    sku: Sku
    price: Minor
    currency: Currency
    quantity: Units
    per_customer_limit: Units | None = None
    unsold: Units | None = None
    prices: tuple[PriceTold, ...] = ()
