"""What follows from an order's own numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.charges_document import Charges
from models.enums import OrderStatus
from services.shared.allocate import allocate

_OPEN = (OrderStatus.ACCEPTED, OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)


@dataclass(frozen=True, slots=True)
class LineMoney:
    """What a line cost by its price, of how many units; ``back``: units of which the money goes back."""

    unit_price: int
    quantity: int
    back: int


def worth_of(total: int, charges: Charges | None, lines: Sequence[LineMoney], step: int = 1) -> int:
    """Returns the part of an order's total that was paid for the units that go ``back``, down to a multiple of
    ``step``; of all units it is the total.

    Each line was paid for with its price less its part of the discount, and its tax; what else is in the total,
    shipping, is split in proportion to that. So what is given back unit by unit, each time the worth of all so far
    less what it was before, sums to the whole.
    """
    if all(line.back == line.quantity for line in lines):
        return total
    whole = _paid_for(total, charges, lines)
    return sum(paid * line.back // line.quantity for paid, line in zip(whole, lines, strict=True)) // step * step


def _paid_for(total: int, charges: Charges | None, lines: Sequence[LineMoney]) -> list[int]:
    """Returns what was paid for each line; the parts sum to the total."""
    weights = [line.unit_price * line.quantity for line in lines]
    if charges is not None and len(charges.parts) == len(lines):
        added = 0 if charges.tax_inclusive else 1
        pairs = zip(weights, charges.parts, strict=True)
        weights = [cost - discount + added * tax for cost, (discount, tax) in pairs]
    if not any(weights):
        weights = [line.quantity for line in lines]
    shares = allocate(total, {f"{place:06}": weight for place, weight in enumerate(weights)})
    return list(shares.values())


def cancelled_units(status: OrderStatus, quantity: int, shipped: int, cancelled: int) -> int:
    """Returns how many of a line's units will never be sent: of an order that is over all that were not."""
    return cancelled if status in _OPEN else quantity - shipped
