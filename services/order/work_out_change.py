"""Work out what an order comes to when its lines, its address or its shipping are changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from infra.ids import new_id
from infra.runtime import Infra
from models.address_document import AddressDoc
from models.charges_document import Charges
from models.documents import VariantDoc
from services.address.add_address import values_of
from services.address.rules import AddressDraft, checked
from services.cart.views import Ware, find_wares, price_in
from services.charges.rules import Place
from services.charges.work_out import Basis, Good, work_out
from services.discount.find_code import discount_of
from services.order.rows import ReadOrder
from services.shared.errors import FieldProblem, InvalidInput, ServiceError
from services.shared.pricing import NO_DISCOUNT, Line
from services.user.find_groups_of import find_groups_of

MAX_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class OrderChange:
    """``units``: how many of a line there are to be, none to take it off; ``added``: variants and units. What is
    None stays. ``version`` is the one that is changed."""

    order_id: UUID
    version: int
    units: tuple[tuple[UUID, int], ...] = ()
    added: tuple[tuple[UUID, int], ...] = ()
    address: AddressDraft | None = None
    shipping_method: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line as it is to be; ``before``: units that it has now."""

    id: UUID | None
    sku: str
    variant_id: UUID
    item_id: UUID | None
    title: str
    units: int
    unit_price: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Those of the ``lines`` that have no units are to go."""

    lines: tuple[NewLine, ...]
    address: AddressDoc | None
    charges: Charges


async def work_out_change(infra: Infra, order: ReadOrder, wish: OrderChange) -> NewOrder:
    """Price the order as it is to be; what is added costs what its customer is sold it at.

    Errors: InvalidInput, StoreUnavailable.
    """
    ids = {line.variant_id for line in order.lines} | {variant_id for variant_id, _ in wish.added}
    groups = await find_groups_of(infra, order.customer_id if wish.added else None)
    wares = await find_wares(infra, ids, groups)
    lines = (*_changed(order, wish), *_added(order, wish, wares))
    kept = [line for line in lines if line.units]
    if not 1 <= len(kept) <= MAX_LINES:
        raise InvalidInput.at("lines", message=f"must leave 1 to {MAX_LINES} lines, or cancel the order")
    address = order.address if wish.address is None else address_of(wish.address)
    charges = await _charge(infra, order, wish, _goods(kept, wares), address)
    return NewOrder(lines, address, charges)


def _changed(order: ReadOrder, wish: OrderChange) -> Iterator[NewLine]:
    """Errors: InvalidInput."""
    wanted, known = dict(wish.units), {line.id: line for line in order.lines}
    problems = []
    for place, (id_, units) in enumerate(wish.units):
        line = known.get(id_)
        if line is None:
            problems.append(_problem("lines", place, "lineId", "is no line of the order"))
        elif line.flash_sale_item_id is not None and not 1 <= units <= line.quantity:
            text = f"must be 1 to {line.quantity}: more of a sale is another order of it, as a customer places it"
            problems.append(_problem("lines", place, "quantity", text))
    if problems:
        raise InvalidInput(problems)
    for ln in order.lines:
        item, units = ln.flash_sale_item_id, wanted.get(ln.id, ln.quantity)
        yield NewLine(ln.id, ln.sku, ln.variant_id, item, ln.title, units, ln.unit_price, ln.quantity)


def _problem(argument: str, place: int, name: str, message: str) -> FieldProblem:
    return FieldProblem(("input", argument, str(place), name), message)


def _added(order: ReadOrder, wish: OrderChange, wares: Mapping[UUID, Ware]) -> Iterator[NewLine]:
    """Errors: InvalidInput."""
    there = {line.sku for line in order.lines if line.flash_sale_item_id is None}
    for place, (variant_id, units) in enumerate(wish.added):
        ware = wares.get(variant_id)
        price = None if ware is None else price_in(ware.variant, order.currency)
        if ware is None or price is None:
            raise InvalidInput([_problem("add", place, "variantId", f"is not sold in {order.currency}")])
        if ware.variant.sku in there:
            raise InvalidInput([_problem("add", place, "variantId", "is in the order already: change that line")])
        there.add(ware.variant.sku)
        yield NewLine(None, ware.variant.sku, variant_id, None, ware.title, units, price)


def address_of(draft: AddressDraft) -> AddressDoc:
    """Errors: InvalidInput."""
    try:
        return AddressDoc(id=new_id(), is_default=False, **_texts(checked(draft)))
    except InvalidInput as error:
        raise _below("address", error) from None


def _texts(draft: AddressDraft) -> dict[str, str]:
    # Those that may be None are so in the document too.
    return values_of(draft)  # type: ignore[return-value]


def _below(name: str, error: InvalidInput) -> InvalidInput:
    return InvalidInput(FieldProblem(("input", name, *p.path[1:]), p.message) for p in error.problems)


def _goods(lines: Sequence[NewLine], wares: Mapping[UUID, Ware]) -> list[Good]:
    """Of what is sold no more neither weight nor class is known."""
    goods = []
    for place, line in enumerate(lines):
        ware = wares.get(line.variant_id)
        variant: VariantDoc | None = None if ware is None else ware.variant
        tax_class = None if variant is None else variant.tax_class
        priced = Line(f"{place:06}", line.unit_price, line.units, tax_class=tax_class)
        goods.append(Good(priced, None if variant is None else variant.weight_grams))
    return goods


async def _charge(
    infra: Infra, order: ReadOrder, wish: OrderChange, goods: Sequence[Good], address: AddressDoc | None
) -> Charges:
    """The code stays, whatever has become of its window; so does the way to ship, at the same address."""
    before = order.charges
    code = None if before is None else before.discount_code
    method = wish.shipping_method
    if method is None and wish.address is None and before is not None:
        method = before.shipping_method
    discount = NO_DISCOUNT if code is None else await discount_of(infra, code)
    try:
        return await work_out(infra, Basis(order.currency, goods, Place.of(address), method, discount, code))
    except InvalidInput as error:
        raise at_the_order(error) from None


def at_the_order(error: InvalidInput) -> ServiceError:
    """Name the address as it is given with an order: it is none of an address book."""
    paths: dict[tuple[str, ...], tuple[str, ...]] = {("input", "addressId"): ("input", "address")}
    return InvalidInput(FieldProblem(paths.get(p.path, p.path), p.message) for p in error.problems)
