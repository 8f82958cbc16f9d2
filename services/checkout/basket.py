"""What a checkout takes of a customer's cart: the selected lines that can be sold, at the prices of now."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from infra.runtime import Infra
from models.cart_document import CartDoc
from services.cart.change_cart import read_cart
from services.cart.rules import Owner
from services.cart.views import LineView, Ware, find_wares, view_of
from services.charges.work_out import Good
from services.shared.errors import CartEmpty
from services.shared.pricing import Line


@dataclass(frozen=True, slots=True)
class Basket:
    """``currency`` is that of all prices, which are minor units of it."""

    cart: CartDoc
    currency: str
    lines: tuple[LineView, ...]
    wares: dict[UUID, Ware]

    @property
    def quantities(self) -> dict[UUID, int]:
        """Units by line of the cart."""
        return {view.line.id: view.line.quantity for view in self.lines}

    @property
    def goods(self) -> list[Good]:
        return [Good(_line(view), view.variant.weight_grams) for view in self.lines]


async def read_basket(infra: Infra, customer_id: UUID, groups: Collection[str]) -> Basket:
    """Read the selected lines, at the prices for members of these groups. Those of what is not sold any more stay
    in the cart, as its totals leave them out too.

    Errors: CartEmpty, StoreUnavailable.
    """
    cart = await read_cart(infra, Owner.customer(customer_id))
    if cart is None:
        raise CartEmpty
    wares = await find_wares(infra, [line.variant_id for line in cart.lines], groups, stocked=False)
    view = view_of(cart, {i: ware.variant for i, ware in wares.items()}, {})
    lines = tuple(line for line in view.lines if line.line.selected)
    if not lines or cart.currency is None:
        raise CartEmpty
    return Basket(cart, cart.currency, lines, wares)


def _line(view: LineView) -> Line:
    tax_class = view.variant.tax_class
    return Line(view.line.id.hex, view.unit_price, view.line.quantity, tax_class=tax_class)
