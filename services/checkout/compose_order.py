"""From a basket and what the customer chose to the order, priced."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from infra.runtime import Infra
from models.order_document import LineSnapshot, OrderSnapshot
from services.address.find_addresses import find_own_address
from services.charges.rules import Place
from services.charges.work_out import Basis, work_out
from services.checkout.basket import Basket
from services.discount.find_code import normal, refused
from services.discount.try_code import try_code
from services.shared.client import Client
from services.shared.errors import InvalidInput
from services.shared.pricing import NO_DISCOUNT

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the customer chose."""

    address_id: UUID | None = None
    shipping_method: str | None = None
    discount_code: str | None = None
    quote_id: UUID | None = None

    def parts(self) -> tuple[str | None, ...]:
        """Returns the parts for a fingerprint. Errors: InvalidInput for what can be no code."""
        if self.shipping_method is not None and not _CODE.fullmatch(self.shipping_method):
            raise InvalidInput.at("shippingMethod", message="is no code of a shipping method")
        if self.discount_code is not None and normal(self.discount_code) is None:
            raise refused()
        if self.quote_id is not None:
            if self != Terms(quote_id=self.quote_id):
                raise InvalidInput.at(
                    "quoteId", message="has its own address, shipping and code: give none beside it"
                )
            return (self.quote_id.hex,)
        code = None if self.discount_code is None else normal(self.discount_code)
        return (None if self.address_id is None else self.address_id.hex, self.shipping_method, code)


NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True)
class Composed:
    """``discount_id``: of the code that is used."""

    order: OrderSnapshot
    discount_id: UUID | None


async def compose_order(
    infra: Infra, order_id: UUID, customer_id: UUID, basket: Basket, terms: Terms, client: Client
) -> Composed:
    """Errors: NotFound (the address), InvalidInput, RateLimited (wrong codes), StoreUnavailable."""
    address = None
    if terms.address_id is not None:
        address = await find_own_address(infra, customer_id, terms.address_id)
    code = None
    if terms.discount_code is not None:
        code = await try_code(infra, terms.discount_code, basket.currency, customer_id, client)
    basis = Basis(
        basket.currency,
        basket.goods,
        Place.of(address),
        terms.shipping_method,
        NO_DISCOUNT if code is None else code.discount,
        None if code is None else code.code,
    )
    charges = await work_out(infra, basis)
    order = OrderSnapshot(
        id=order_id,
        customer_id=customer_id,
        idempotency_key=key_of(order_id),
        fingerprint="",
        currency=basket.currency,
        payment_timeout_ms=round(infra.settings.orders.payment_timeout * 1000),
        lines=tuple(
            LineSnapshot(
                v.variant.sku, v.variant.id, None, basket.wares[v.variant.id].title, v.line.quantity, v.unit_price
            )
            for v in basket.lines
        ),
        placed_at=infra.now(),
        shipping_address=address,
        charges=charges,
    )
    return Composed(order, None if code is None else code.id)


def key_of(order_id: UUID) -> str:
    """Returns the order's key, which is not the customer's own: those are unique together with the keys of flash
    orders."""
    return f"checkout:{order_id.hex}"
