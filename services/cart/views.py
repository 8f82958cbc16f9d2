"""A cart as it is now: what its lines cost today, what of them can be had, and what is sold no more."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from infra.runtime import Infra
from models.cart_document import CartDoc, LineDoc
from models.documents import ProductDoc, VariantDoc
from services.catalog.find_product_ids import product_ids_of_variants
from services.price_list.own_products import own_products
from services.shared.errors import NotFound
from services.shared.viewer import NO_GROUPS
from services.stock.views import stock_by_sku


class CartNoteCode(StrEnum):
    """What has changed about a line since it was added, or is to be said of the cart."""

    PRICE_CHANGED = "PRICE_CHANGED"
    NOT_ENOUGH_STOCK = "NOT_ENOUGH_STOCK"
    SOLD_OUT = "SOLD_OUT"
    GUEST_LINES_LEFT = "GUEST_LINES_LEFT"
    """There was no room for all lines of the guest's cart: the others are still there."""


@dataclass(frozen=True, slots=True)
class LineView:
    """``unit_price`` in minor units of the cart's currency, as it is now."""

    line: LineDoc
    variant: VariantDoc
    unit_price: int
    available: int
    notes: tuple[CartNoteCode, ...]

    @property
    def total(self) -> int:
        return self.unit_price * self.line.quantity


@dataclass(frozen=True, slots=True)
class CartView:
    """``unavailable``: not sold any more, or not in the cart's currency; no part of the totals."""

    lines: tuple[LineView, ...]
    unavailable: tuple[LineDoc, ...]

    def quantity(self, *, selected_only: bool = False) -> int:
        return sum(view.line.quantity for view in self.lines if view.line.selected or not selected_only)

    def subtotal(self, *, selected_only: bool = False) -> int:
        """Returns the sum of the lines, in minor units of the cart's currency."""
        return sum(view.total for view in self.lines if view.line.selected or not selected_only)


def price_in(variant: VariantDoc, currency: str | None) -> int | None:
    """Returns the price in minor units; None when it has no price in this currency."""
    price = variant.price_in(currency)
    return price.amount if price.currency == currency else None


def view_of(cart: CartDoc, variants: Mapping[UUID, VariantDoc], available: Mapping[str, int]) -> CartView:
    """Returns the cart as it is shown.

    ``variants`` are those that customers may see; ``available`` is by SKU, 0 when it is not there.
    """
    lines, unavailable = [], []
    for line in cart.lines:
        variant = variants.get(line.variant_id)
        price = None if variant is None else price_in(variant, cart.currency)
        if variant is None or price is None:
            unavailable.append(line)
            continue
        left = max(0, available.get(variant.sku, 0))
        lines.append(LineView(line, variant, price, left, _notes(line, price, left)))
    return CartView(tuple(lines), tuple(unavailable))


def _notes(line: LineDoc, price: int, available: int) -> tuple[CartNoteCode, ...]:
    notes = []
    if price != line.price:
        notes.append(CartNoteCode.PRICE_CHANGED)
    if available < line.quantity:
        notes.append(CartNoteCode.NOT_ENOUGH_STOCK if available else CartNoteCode.SOLD_OUT)
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class Ware:
    """``available``: units that an ordinary order can take; what is set aside for sales is none of them."""

    product: ProductDoc
    variant: VariantDoc
    available: int

    @property
    def title(self) -> str:
        """What stays readable of it when it is sold no more."""
        own = self.variant.title
        return self.product.title if own == self.product.title else f"{self.product.title} / {own}"


async def find_ware(infra: Infra, variant_id: UUID, groups: Collection[str] = NO_GROUPS) -> Ware:
    """Errors: NotFound for what customers must not see, StoreUnavailable."""
    ware = (await find_wares(infra, [variant_id], groups)).get(variant_id)
    if ware is None:
        raise NotFound("There is no such variant.")
    return ware


async def find_wares(
    infra: Infra, variant_ids: Collection[UUID], groups: Collection[str] = NO_GROUPS, *, stocked: bool = True
) -> dict[UUID, Ware]:
    """Find the variants that customers may see, at the prices for members of these groups. ``stocked``: with what
    is available, else 0: what an order holds is decided when it is placed.

    Errors: StoreUnavailable.
    """
    owners = await product_ids_of_variants(infra, variant_ids)
    products = await own_products(infra, set(owners.values()), groups)
    found = [
        (product, variant)
        for variant_id, owner in owners.items()
        if (product := products.get(owner)) and (variant := product.variant(variant_id)) and variant.is_public
    ]
    stocks = await stock_by_sku(infra, [variant.sku for _, variant in found]) if stocked else {}
    return {
        variant.id: Ware(product, variant, stock.available if (stock := stocks.get(variant.sku)) else 0)
        for product, variant in found
    }
