"""A draft's own document: its lines, where it goes, and what it costs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.address_document import AddressDoc
from models.charges_document import Charges


@dataclass(frozen=True, slots=True)
class DraftLine:
    """``unit_price`` is what is asked, ``list_price`` what the shop asks (None: nothing in this currency); where
    staff have set another there is a ``reason``."""

    variant_id: UUID
    sku: str
    title: str
    quantity: int
    unit_price: int
    list_price: int | None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "variantId": self.variant_id.hex,
            "sku": self.sku,
            "title": self.title,
            "quantity": self.quantity,
            "unitPrice": self.unit_price,
            "listPrice": self.list_price,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "DraftLine":
        return cls(
            UUID(raw["variantId"]),
            str(raw["sku"]),
            str(raw["title"]),
            int(raw["quantity"]),
            int(raw["unitPrice"]),
            raw["listPrice"],
            raw["reason"],
        )


@dataclass(frozen=True, slots=True)
class DraftDoc:
    """``discount_id``: of the code whose name the charges have."""

    lines: tuple[DraftLine, ...]
    charges: Charges
    address: AddressDoc | None = None
    discount_id: UUID | None = None
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": [line.to_json() for line in self.lines],
            "charges": self.charges.to_json(),
            "address": None if self.address is None else self.address.to_json(),
            "discountId": None if self.discount_id is None else self.discount_id.hex,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "DraftDoc":
        address, discount = raw["address"], raw["discountId"]
        return cls(
            tuple(DraftLine.from_json(line) for line in raw["lines"]),
            Charges.from_json(raw["charges"]),
            None if address is None else AddressDoc.from_json(address),
            None if discount is None else UUID(discount),
            raw["note"],
        )
