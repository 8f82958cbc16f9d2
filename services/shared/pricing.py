"""What a basket costs: lines, discounts, shipping and tax. Pure, exact, no float; docs/checkout.md has the rules.

All amounts are minor units of one currency, 0 or more. Rates are millionths: 8.875 % is 88_750. A ``step`` is the
smallest amount that can be charged (services/money/charging.py); discounts and added tax are multiples of it.

Rounding, in the order in which it happens:

1. A discount in per cent of the order is rounded once, half to even (IEEE 754 roundTiesToEven, Python's
   ROUND_HALF_EVEN), one of an amount where the step asks for it; they are never more than the lines cost.
2. It is split over the lines in proportion to what they cost, by largest remainders (allocate.py).
3. Tax is worked out after discounts: as EN 16931 has it (BR-CO-17: the sums by rate, shipping among them, each
   rounded once), or for each line and for shipping; half up or half to even, as the tax says. Exclusive tax is
   added to the total; inclusive tax is in the prices already, and only shown: to the minor unit.
4. The total is the sum of those rounded parts. Nothing is rounded after that.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from models.charges_document import RateTax
from models.enums import HalfRounding, TaxRounding
from services.shared.allocate import allocate

WHOLE: Final = 1_000_000
"""A rate of 100 %."""


@dataclass(frozen=True, slots=True)
class Line:
    """``key`` is the line's own (a variant's id). ``discount`` is off the whole line, not off each unit.
    ``tax_class`` None is the ordinary one."""

    key: str
    unit_price: int
    quantity: int
    discount: int = 0
    tax_class: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDiscount:
    """Off the lines: first ``rate`` of what they cost, then ``amount``, as far as they go."""

    rate: int = 0
    amount: int = 0
    free_shipping: bool = False


@dataclass(frozen=True, slots=True)
class Tax:
    """``inclusive``: prices have the tax in them. Shipping is taxed too when ``on_shipping``. ``rate`` is that of
    all classes that ``classes`` does not name; shipping has the class SHIPPING."""

    rate: int
    inclusive: bool
    on_shipping: bool = True
    classes: Mapping[str, int] = field(default_factory=dict)
    rounding: TaxRounding = TaxRounding.ORDER
    half: HalfRounding = HalfRounding.UP

    def rate_of(self, tax_class: str | None) -> int:
        return self.rate if tax_class is None else self.classes.get(tax_class, self.rate)


SHIPPING: Final = "shipping"
"""The tax class of shipping."""
_SHIPPING_KEY: Final = ""
NO_DISCOUNT: Final = OrderDiscount()
NO_TAX: Final = Tax(0, inclusive=False)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """``subtotal - line_discount - order_discount = net``; ``tax`` is in ``net`` or on top, as the quote says;
    ``rate`` is what it is taxed at."""

    key: str
    unit_price: int
    quantity: int
    subtotal: int
    line_discount: int
    order_discount: int
    tax: int
    rate: int

    @property
    def net(self) -> int:
        return self.subtotal - self.line_discount - self.order_discount


@dataclass(frozen=True, slots=True)
class PricedShipping:
    price: int
    discount: int
    tax: int
    rate: int

    @property
    def net(self) -> int:
        return self.price - self.discount


@dataclass(frozen=True, slots=True)
class Priced:
    """``total = subtotal - discount + shipping.net``, and ``+ tax`` when it is not inclusive."""

    lines: tuple[PricedLine, ...]
    shipping: PricedShipping
    tax_inclusive: bool

    @property
    def subtotal(self) -> int:
        return sum(line.subtotal for line in self.lines)

    @property
    def discount(self) -> int:
        """Off the lines; what is off shipping is ``shipping.discount``."""
        return sum(line.line_discount + line.order_discount for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + self.shipping.tax

    @property
    def total(self) -> int:
        net = sum(line.net for line in self.lines) + self.shipping.net
        return net if self.tax_inclusive else net + self.tax

    @property
    def taxes(self) -> tuple[RateTax, ...]:
        """What is taxed at each rate, the lowest first; nothing where nothing is. The sums are those of the order:
        ``net`` and ``tax`` of all rates are the total (EN 16931's VAT breakdown, BG-23)."""
        by_rate: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        parts: list[PricedLine | PricedShipping] = [*self.lines, self.shipping]
        for part in parts:
            if part.net:
                of_rate = by_rate[part.rate]
                of_rate[0] += part.net - part.tax if self.tax_inclusive else part.net
                of_rate[1] += part.tax
        if not any(by_rate):
            return ()
        return tuple(RateTax(rate, net, tax) for rate, (net, tax) in sorted(by_rate.items()))


def price(
    lines: Sequence[Line],
    *,
    shipping: int = 0,
    discount: OrderDiscount = NO_DISCOUNT,
    tax: Tax = NO_TAX,
    step: int = 1,
) -> Priced:
    """Price the basket; the lines come back in their order. With prices and shipping that are multiples of
    ``step``, so is the total.

    Errors: ValueError for what no caller may pass on: a negative number, a rate of a discount above 100 %, two
    lines of one key.
    """
    _check_amounts(lines, shipping, discount, tax)
    costs = {line.key: _after_line_discount(line) for line in lines}
    shares = _split(_off_order(sum(costs.values()), discount, step), costs, step)
    off_shipping = shipping if discount.free_shipping else 0
    parts = {line.key: _Part(tax.rate_of(line.tax_class), costs[line.key] - shares[line.key]) for line in lines}
    parts[_SHIPPING_KEY] = _Part(tax.rate_of(SHIPPING) if tax.on_shipping else 0, shipping - off_shipping)
    taxes = _taxes(parts, tax, step)
    return Priced(
        lines=tuple(
            _priced_line(line, costs[line.key], shares[line.key], taxes[line.key], parts[line.key].rate)
            for line in lines
        ),
        shipping=PricedShipping(shipping, off_shipping, taxes[_SHIPPING_KEY], parts[_SHIPPING_KEY].rate),
        tax_inclusive=tax.inclusive,
    )


def rounded(numerator: int, denominator: int, step: int = 1, half: HalfRounding = HalfRounding.EVEN) -> int:
    """Returns the multiple of ``step`` next to the quotient of two numbers (0 or more, above 0)."""
    quotient, rest = divmod(numerator, whole := denominator * step)
    up = half is HalfRounding.UP or quotient % 2 == 1
    return step * (quotient + (2 * rest > whole or (2 * rest == whole and up)))


@dataclass(frozen=True, slots=True)
class _Part:
    """What is taxed at a rate: a line, or the shipping."""

    rate: int
    net: int


def _taxes(parts: Mapping[str, _Part], tax: Tax, step: int) -> dict[str, int]:
    """Returns the tax of each part; of an order's sums each part's share, by largest remainders."""
    if tax.rounding is TaxRounding.LINE:
        return {key: _tax_of(part.net, part.rate, tax, step) for key, part in parts.items()}
    by_rate: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for key, part in parts.items():
        by_rate[part.rate][key] = part.net
    taxes: dict[str, int] = {}
    for rate, nets in by_rate.items():
        whole = _tax_of(sum(nets.values()), rate, tax, step)
        taxes |= allocate(whole, {key: net * rate for key, net in nets.items()})
    return taxes


def _tax_of(net: int, rate: int, tax: Tax, step: int) -> int:
    """Returns the tax on top of ``net``; or, inclusive, the part of ``net`` that is tax: net * rate / (100 % +
    rate)."""
    if tax.inclusive:
        return rounded(net * rate, WHOLE + rate, half=tax.half)
    return rounded(net * rate, WHOLE, step, tax.half)


def _check_amounts(lines: Sequence[Line], shipping: int, discount: OrderDiscount, tax: Tax) -> None:
    amounts = [shipping, discount.rate, discount.amount, tax.rate, *tax.classes.values()]
    for line in lines:
        amounts += (line.unit_price, line.quantity, line.discount)
    if min(amounts) < 0 or discount.rate > WHOLE:
        raise ValueError("amounts and rates are 0 or more, a discount's rate at most the whole")
    if len({line.key for line in lines}) != len(lines):
        raise ValueError("two lines have the same key")


def _after_line_discount(line: Line) -> int:
    return max(line.unit_price * line.quantity - line.discount, 0)


def _off_order(cost: int, discount: OrderDiscount, step: int) -> int:
    return min(rounded(cost * discount.rate, WHOLE, step) + rounded(discount.amount, 1, step), cost)


def _split(off: int, costs: Mapping[str, int], step: int) -> dict[str, int]:
    """Over the lines, each a multiple of ``step`` where all that is split is."""
    if any(amount % step for amount in (off, *costs.values())):
        return allocate(off, costs)
    return {key: step * part for key, part in allocate(off // step, _in_steps(costs, step)).items()}


def _in_steps(costs: Mapping[str, int], step: int) -> dict[str, int]:
    return {key: cost // step for key, cost in costs.items()}


def _priced_line(line: Line, cost: int, share: int, tax: int, rate: int) -> PricedLine:
    subtotal = line.unit_price * line.quantity
    return PricedLine(
        key=line.key,
        unit_price=line.unit_price,
        quantity=line.quantity,
        subtotal=subtotal,
        line_discount=subtotal - cost,
        order_discount=share,
        tax=tax,
        rate=rate,
    )
