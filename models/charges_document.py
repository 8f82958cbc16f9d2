"""What an order costs besides its lines, as it is stored and read; services/shared/pricing.py works it out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from models.ready_document import ReadyDocument

Part = tuple[int, int]
"""Of one line: what the order's discount takes off it, and its tax."""


class RateTax(NamedTuple):
    """What is taxed at a ``rate`` in millionths: ``net`` without the tax, and the ``tax``."""

    rate: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Charges(ReadyDocument):
    """Minor units of the order's currency, 0 or more.

    ``total = subtotal - discount + shipping - shipping_discount``, and ``+ tax`` unless it is in the prices.
    ``parts`` are the lines' in their order; none where there is one line only, and of orders of before they were
    kept. ``taxes`` are the sums by rate, the lowest first: none where nothing is taxed, and of orders of before.
    ``rates`` are the lines', where there are several.
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
    taxes: tuple[RateTax, ...] = ()
    rates: tuple[int, ...] = ()

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
            **({"taxes": [list(one) for one in self.taxes]} if self.taxes else {}),
            **({"rates": list(self.rates)} if self.rates else {}),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
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
            taxes_of(raw.get("taxes", ())),
            tuple(int(rate) for rate in raw.get("rates", ())),
        )

    def to_row(self) -> list[Any]:
        """Returns its fields in their order, without names."""
        sums = (self.subtotal, self.discount, self.shipping, self.shipping_discount, self.tax, self.tax_inclusive)
        taxes = [list(one) for one in self.taxes]
        return [*sums, self.shipping_method, self.discount_code, self.parts, taxes, self.rates]

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "Charges":
        """Make it of ``to_row``, also of one without the last two, as there were."""
        *fields, parts = row[:9]
        taxes, rates = row[9:11] or ((), ())
        return cls(*(*fields, parts_of(parts), taxes_of(taxes), tuple(rates)))


def taxes_of(raw: Iterable[Sequence[Any]]) -> tuple[RateTax, ...]:
    """Errors: TypeError or ValueError when they are none."""
    return tuple(RateTax(int(rate), int(net), int(tax)) for rate, net, tax in raw)


def parts_of(raw: Iterable[Sequence[Any]]) -> tuple[Part, ...]:
    """Errors: TypeError or ValueError when they are none."""
    return tuple((int(discount), int(tax)) for discount, tax in raw)
