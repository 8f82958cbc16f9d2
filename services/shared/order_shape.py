"""What an order is in an event that tells it whole: the shape of what ``OrderSnapshot.to_json`` writes."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from models.order_document import OrderSnapshot
from services.shared.event_fields import Currency, Minor, Says, Sku, Units, object_schema

_TAXES = "By rate: the rate in millionths, what is taxed at it without the tax, and the tax; minor units."
Taxes = Annotated[tuple[tuple[int, ...], ...], Says(description=_TAXES)]
_RATES = "Of each line in order, if there are several rates: what it is taxed at, in millionths."
_PARTS = "Of each line in order, if there are several: what the discount takes off it, and its tax; minor units."


@dataclass(frozen=True, slots=True)
class _Line:
    sku: Sku
    variant_id: UUID
    item_id: UUID | None
    title: str
    quantity: Annotated[int, Says(minimum=1)]
    unit_price: Minor
    epoch: Units


@dataclass(frozen=True, slots=True)
class _Address:
    recipient: str
    phone: str
    line1: str
    city: str
    country_code: str
    line2: str | None
    region: str | None
    postal_code: str | None
    id: UUID
    is_default: bool


@dataclass(frozen=True, slots=True)
class _Charges:
    subtotal: Minor
    discount: Minor
    shipping: Minor
    shipping_discount: Minor
    tax: Minor
    tax_inclusive: bool
    shipping_method: str | None
    discount_code: str | None
    parts: Annotated[tuple[tuple[int, ...], ...], Says(description=_PARTS)] = ()
    taxes: Taxes = ()
    rates: Annotated[tuple[int, ...], Says(description=_RATES)] = ()


@dataclass(frozen=True, slots=True)
class _Order:
    id: UUID
    customer_id: UUID
    idempotency_key: str
    fingerprint: str
    currency: Currency
    payment_timeout_ms: Units
    placed_at_ms: Units
    lines: tuple[_Line, ...]
    shipping_address: _Address | None
    charges: _Charges | None = None
    traceparent: str | None = None


WholeOrder = Annotated[OrderSnapshot, Says(**object_schema(_Order))]
