"""From a basket and what the customer chose to the order, priced."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from infra.runtime import Infra
from models.charges_document import Charges
from models.order_document import LineSnapshot, OrderSnapshot
from services.address.find_addresses import find_own_address
from services.checkout.basket import Basket
from services.checkout.pricing import Line, Priced, price
from services.errors import FieldProblem, InvalidInput

MOST: Final = 10**15
"""Minor units of an order's total: sums of orders stay within 64 bits."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the customer chose."""

    address_id: UUID | None = None

    def parts(self) -> tuple[str | None, ...]:
        """For a fingerprint."""
        return (None if self.address_id is None else self.address_id.hex,)


NO_TERMS: Final = Terms()


async def compose_order(
    infra: Infra, order_id: UUID, customer_id: UUID, basket: Basket, terms: Terms
) -> OrderSnapshot:
    """Errors: NotFound (the address), InvalidInput, StoreUnavailable."""
    address = None
    if terms.address_id is not None:
        address = await find_own_address(infra, customer_id, terms.address_id)
    priced = price([Line(v.line.id.hex, v.unit_price, v.line.quantity) for v in basket.lines])
    if priced.total > MOST:
        raise InvalidInput([FieldProblem(("input",), "the order is worth too much")])
    return OrderSnapshot(
        id=order_id,
        customer_id=customer_id,
        # Not the customer's own: those are unique together with the keys of flash orders.
        idempotency_key=f"checkout:{order_id.hex}",
        fingerprint="",
        currency=basket.currency,
        payment_timeout_ms=round(infra.settings.payment_timeout * 1000),
        lines=tuple(
            LineSnapshot(
                v.variant.sku, v.variant.id, None, basket.wares[v.variant.id].title, v.line.quantity, v.unit_price
            )
            for v in basket.lines
        ),
        placed_at=infra.now(),
        shipping_address=address,
        charges=charges_of(priced),
    )


def charges_of(priced: Priced) -> Charges:
    return Charges(
        subtotal=priced.subtotal,
        discount=priced.discount,
        shipping=priced.shipping.price,
        shipping_discount=priced.shipping.discount,
        tax=priced.tax,
        tax_inclusive=priced.tax_inclusive,
    )
