"""Work out what an order is charged: the one arithmetic of carts and of flash sales."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.runtime import Infra
from models.charges_document import Charges
from models.charges_rules import STANDARD
from services.charges.find_offers import find_offers
from services.charges.find_tax import find_tax
from services.charges.rules import Parcel, Place, ShippingOffer
from services.money.charging import charging_of
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pricing import NO_DISCOUNT, Line, OrderDiscount, Priced, Tax, price

MOST: Final = 10**15
"""Minor units of an order's total: sums of orders stay within 64 bits."""


@dataclass(frozen=True, slots=True)
class Good:
    """A line of the order; ``weight_grams`` of one unit."""

    line: Line
    weight_grams: int | None


@dataclass(frozen=True, slots=True)
class Basis:
    """What is ordered, where it goes and what the customer chose; ``method`` None: the first way to ship."""

    currency: str
    goods: Sequence[Good]
    place: Place
    method: str | None = None
    discount: OrderDiscount = NO_DISCOUNT
    code: str | None = None

    @property
    def parcel(self) -> Parcel:
        lines = [(good.line, good.weight_grams or 0) for good in self.goods]
        return Parcel(
            self.currency,
            sum(grams * line.quantity for line, grams in lines),
            self.place,
            sum(line.unit_price * line.quantity for line, _ in lines),
            sum(line.quantity for line, _ in lines),
        )


async def work_out(infra: Infra, basis: Basis) -> Charges:
    """Errors: InvalidInput, StoreUnavailable."""
    lines = [good.line for good in basis.goods]
    offer, tax = await _shipped_and_taxed(infra, basis, sorted({line.tax_class or STANDARD for line in lines}))
    step = charging_of(infra.settings).step(basis.currency)
    priced = price(lines, shipping=offer.price, tax=tax, discount=basis.discount, step=step)
    if priced.total > MOST:
        raise InvalidInput([FieldProblem(("input",), "the order is worth too much")])
    return charges_of(priced, offer.code, basis.code)


async def _shipped_and_taxed(infra: Infra, basis: Basis, classes: Sequence[str]) -> tuple[ShippingOffer, Tax]:
    """Services of others are asked at once: an order waits for the slower of two. Our own rules are read once."""
    if infra.settings.shop.tax_service is None or infra.settings.shop.shipping_service is None:
        return await _choose_offer(infra, basis), await find_tax(infra, basis.place, classes)
    asked = _choose_offer(infra, basis), find_tax(infra, basis.place, classes)
    # Both end, whatever becomes of one.
    offer, tax = await asyncio.gather(*asked, return_exceptions=True)
    if isinstance(offer, BaseException):
        raise offer
    if isinstance(tax, BaseException):
        raise tax
    return offer, tax


def charges_of(priced: Priced, method: str, code: str | None) -> Charges:
    taxes, rates = priced.taxes, tuple(line.rate for line in priced.lines)
    return Charges(
        subtotal=priced.subtotal,
        discount=priced.discount,
        shipping=priced.shipping.price,
        shipping_discount=priced.shipping.discount,
        tax=priced.tax,
        tax_inclusive=priced.tax_inclusive,
        shipping_method=method,
        discount_code=code,
        parts=tuple((line.order_discount, line.tax) for line in priced.lines) if len(priced.lines) > 1 else (),
        taxes=taxes,
        rates=rates if len(taxes) > 1 else (),
    )


async def _choose_offer(infra: Infra, basis: Basis) -> ShippingOffer:
    offers = await find_offers(infra, basis.parcel)
    if not offers:
        raise InvalidInput.at("addressId", message="nothing can be delivered there; or give an address")
    if basis.method is None:
        return offers[0]
    chosen = next((offer for offer in offers if offer.code == basis.method), None)
    if chosen is None:
        known = ", ".join(offer.code for offer in offers)
        raise InvalidInput.at("shippingMethod", message=f"must be one of {known}")
    return chosen
