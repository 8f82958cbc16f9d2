"""What an order costs besides its lines, as it is stored and read; services/shared/pricing.py works it out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Part = tuple[int, int]
"""Of one line: what the order's discount takes off it, and its tax."""


@dataclass(frozen=True, slots=True)
class Charges:
    """Minor units of the order's currency, 0 or more.

    ``total = subtotal - discount + shipping - shipping_discount``, and ``+ tax`` unless it is in the prices.
    ``parts`` are the lines' in their order; none where there is one line only, and of orders of before they were
    kept.
    """

    subtotal: int
    discount: int
    shipping: int
    shipping_discount: int
    tax: int
    tax_inclusive: bool
    shipping_method: str | None = None
    discount_code: str | None = None
    parts: tuple[Part, ...] = ()

    @property
    def total(self) -> int:
        net = self.subtotal - self.discount + self.shipping - self.shipping_discount
        return net if self.tax_inclusive else net + self.tax

    def to_json(self) -> dict[str, Any]:
        return {
            "subtotal": self.subtotal,
            "discount": self.discount,
            "shipping": self.shipping,
            "shippingDiscount": self.shipping_discount,
            "tax": self.tax,
            "taxInclusive": self.tax_inclusive,
            "shippingMethod": self.shipping_method,
            "discountCode": self.discount_code,
            **({"parts": [list(part) for part in self.parts]} if self.parts else {}),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Charges":
        """Errors: KeyError, TypeError or ValueError when it is not such a document."""
        return cls(
            int(raw["subtotal"]),
            int(raw["discount"]),
            int(raw["shipping"]),
            int(raw["shippingDiscount"]),
            int(raw["tax"]),
            bool(raw["taxInclusive"]),
            raw["shippingMethod"],
            raw["discountCode"],
            parts_of(raw.get("parts", ())),
        )


def parts_of(raw: Iterable[Sequence[Any]]) -> tuple[Part, ...]:
    """Errors: TypeError or ValueError when they are none."""
    return tuple((int(discount), int(tax)) for discount, tax in raw)
