"""An order outside the database: as Redis remembers it, as the event log carries it, as readers see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from infra.clock import from_millis, to_millis
from models.address_document import AddressDoc
from models.charges_document import Charges
from models.enums import OrderStatus

_TRACEPARENT_LENGTH = 55


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line; prices are minor units. ``epoch`` is the life of the counters that the units came from."""

    sku: str
    variant_id: UUID
    flash_sale_item_id: UUID | None
    title: str
    quantity: int
    unit_price: int
    epoch: int = 0

    def to_json(self) -> dict[str, Any]:
        item = self.flash_sale_item_id
        return {
            "sku": self.sku,
            "variantId": self.variant_id.hex,
            "itemId": item.hex if item else None,
            "title": self.title,
            "quantity": self.quantity,
            "unitPrice": self.unit_price,
            "epoch": self.epoch,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "LineSnapshot":
        item = raw["itemId"]
        return cls(
            str(raw["sku"]),
            UUID(raw["variantId"]),
            UUID(item) if item else None,
            str(raw["title"]),
            int(raw["quantity"]),
            int(raw["unitPrice"]),
            int(raw["epoch"]),
        )


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """An accepted order, whole. ``placed_at`` is Redis's clock at the reservation, to the millisecond.
    ``code_hold``: the use of a code that its quote holds; ``armed``: what its customer had armed. ``buyer_id``:
    the person whose units are counted, where that is not the customer alone; see ``buyer``. ``quoted_total``: the
    total, where it is known without reading the charges.
    """

    id: UUID
    customer_id: UUID
    idempotency_key: str
    fingerprint: str
    currency: str
    payment_timeout_ms: int
    lines: tuple[LineSnapshot, ...]
    placed_at: datetime
    shipping_address: AddressDoc | None = None
    charges: Charges | None = None
    traceparent: str | None = None
    code_hold: UUID | None = None
    armed: UUID | None = None
    buyer_id: UUID | None = None
    quoted_total: int | None = field(default=None, repr=False, compare=False)

    @property
    def buyer(self) -> UUID:
        """Whose units are counted for what one person may buy."""
        return self.buyer_id or self.customer_id

    @property
    def total(self) -> int:
        if self.quoted_total is not None:
            return self.quoted_total
        if self.charges is not None:
            return self.charges.total
        return sum(line.quantity * line.unit_price for line in self.lines)

    @property
    def expires_at(self) -> datetime:
        return self.placed_at + timedelta(milliseconds=self.payment_timeout_ms)

    def placed(self, at: datetime, epoch: int) -> "OrderSnapshot":
        return replace(self, placed_at=at, lines=tuple(replace(line, epoch=epoch) for line in self.lines))

    def with_epochs(self, epochs: Sequence[int]) -> "OrderSnapshot":
        """Returns it with the epoch of each line."""
        pairs = zip(self.lines, epochs, strict=True)
        return replace(self, lines=tuple(replace(line, epoch=epoch) for line, epoch in pairs))

    def to_json(self) -> dict[str, Any]:
        """Returns what orjson writes: documents that are at hand as JSON go in as they are."""
        return {
            "id": self.id.hex,
            "customerId": self.customer_id.hex,
            "idempotencyKey": self.idempotency_key,
            "fingerprint": self.fingerprint,
            "currency": self.currency,
            "paymentTimeoutMs": self.payment_timeout_ms,
            "placedAtMs": to_millis(self.placed_at),
            "lines": [line.to_json() for line in self.lines],
            "shippingAddress": None if self.shipping_address is None else self.shipping_address.written(),
            **({} if self.charges is None else {"charges": self.charges.written()}),
            **({} if self.code_hold is None else {"codeHold": self.code_hold.hex}),
            **({} if self.armed is None else {"armed": self.armed.hex}),
            **({} if self.traceparent is None else {"traceparent": self.traceparent}),
            **({} if self.buyer_id is None else {"buyerId": self.buyer_id.hex}),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "OrderSnapshot":
        """Errors: KeyError, TypeError or ValueError when it is not such a document."""
        lines = tuple(LineSnapshot.from_json(line) for line in raw["lines"])
        if not lines or any(line.quantity <= 0 or line.unit_price < 0 for line in lines):
            raise ValueError("an order needs lines with positive quantities")
        charges = raw.get("charges")  # not there where nothing is charged beside the lines
        hold, armed = raw.get("codeHold"), raw.get("armed")
        address = raw.get("shippingAddress")  # messages from before there was one have none
        buyer = raw.get("buyerId")  # mostly the customer
        return cls(
            UUID(raw["id"]),
            UUID(raw["customerId"]),
            str(raw["idempotencyKey"]),
            str(raw["fingerprint"]),
            str(raw["currency"]),
            int(raw["paymentTimeoutMs"]),
            lines,
            from_millis(int(raw["placedAtMs"])),
            None if address is None else AddressDoc.from_json(address),
            None if charges is None else Charges.from_json(charges),
            _traceparent(raw.get("traceparent")),
            None if hold is None else UUID(hold),
            None if armed is None else UUID(armed),
            None if buyer is None else UUID(buyer),
        )


def _traceparent(text: object) -> str | None:
    return text if isinstance(text, str) and len(text) == _TRACEPARENT_LENGTH else None


@dataclass(frozen=True, slots=True)
class LineView:
    id: UUID
    sku: str
    variant_id: UUID
    title: str
    quantity: int
    unit_price: int
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class EventView:
    """``actor`` is ``user:`` or ``token:`` and an id, or a name; ``internal`` ones are for staff only."""

    at: datetime
    status: OrderStatus
    note: str | None
    actor: str
    internal: bool = False
    total_before: int | None = None
    total_after: int | None = None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its readers see it, wherever it is kept."""

    id: UUID
    number: str
    customer_id: UUID
    status: OrderStatus
    currency: str
    total: int
    placed_at: datetime
    expires_at: datetime | None
    lines: tuple[LineView, ...]
    history: tuple[EventView, ...]
    shipping_address: AddressDoc | None = None
    charges: Charges | None = None
    version: int = 1
    meta: Mapping[str, str] = field(default_factory=dict, hash=False)
