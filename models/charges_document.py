"""What an order costs besides its lines, as it is stored and read; services/shared/pricing.py works it out."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Charges:
    """Minor units of the order's currency, 0 or more.

    ``total = subtotal - discount + shipping - shipping_discount``, and ``+ tax`` unless it is in the prices.
    """

    subtotal: int
    discount: int
    shipping: int
    shipping_discount: int
    tax: int
    tax_inclusive: bool
    shipping_method: str | None = None
    discount_code: str | None = None

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
        )
