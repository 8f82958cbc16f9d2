"""Price a draft: its lines at the customer's prices or those of staff, with a code, shipping and tax."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from infra.runtime import Infra
from models.draft_document import DraftDoc, DraftLine
from services.cart.views import Ware, find_wares, price_in
from services.charges.rules import Place
from services.charges.work_out import Basis, Good, work_out
from services.discount.find_code import find_code
from services.draft.rules import DraftWish
from services.money.amounts import to_minor
from services.order.work_out_change import address_of, at_the_order
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pricing import NO_DISCOUNT, Line
from services.user.find_groups_of import find_groups_of


async def price_draft(infra: Infra, wish: DraftWish) -> DraftDoc:
    """Errors: InvalidInput, StoreUnavailable."""
    groups = await find_groups_of(infra, wish.customer_id)
    wares = await find_wares(infra, {line.variant_id for line in wish.lines}, groups)
    lines = tuple(_lines(wish, wares))
    address = None if wish.address is None else address_of(wish.address)
    code = None if wish.discount_code is None else await find_code(infra, wish.discount_code, wish.currency)
    basis = Basis(
        wish.currency,
        _goods(lines, wares),
        Place.of(address),
        wish.shipping_method,
        NO_DISCOUNT if code is None else code.discount,
        None if code is None else code.code,
    )
    try:
        charges = await work_out(infra, basis)
    except InvalidInput as error:
        raise at_the_order(error) from None
    return DraftDoc(lines, charges, address, None if code is None else code.id, wish.note)


def _lines(wish: DraftWish, wares: Mapping[UUID, Ware]) -> Iterator[DraftLine]:
    """Errors: InvalidInput."""
    for place, line in enumerate(wish.lines):
        ware = wares.get(line.variant_id)
        listed = None if ware is None else price_in(ware.variant, wish.currency)
        price = listed if line.unit_price is None else to_minor(line.unit_price, wish.currency)
        if ware is None or price is None:
            path = ("input", "lines", str(place), "variantId")
            raise InvalidInput([FieldProblem(path, f"is not sold in {wish.currency}")])
        yield DraftLine(line.variant_id, ware.variant.sku, ware.title, line.quantity, price, listed, line.reason)


def _goods(lines: Sequence[DraftLine], wares: Mapping[UUID, Ware]) -> list[Good]:
    goods = []
    for place, line in enumerate(lines):
        variant = wares[line.variant_id].variant
        priced = Line(f"{place:06}", line.unit_price, line.quantity, tax_class=variant.tax_class)
        goods.append(Good(priced, variant.weight_grams))
    return goods
