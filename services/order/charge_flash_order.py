"""Charge a flash order as a cart of the same is charged: by the one arithmetic, at the sale's price."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from infra.runtime import Infra
from models.address_document import AddressDoc
from models.charges_document import Charges
from models.charges_rules import ChargeRules
from models.flash_sale_document import FlashItemDoc
from services.charges.rules import Place
from services.charges.rules_at_click import rules_at_click
from services.charges.work_out import Basis, Good, work_out
from services.discount.find_code import FoundCode
from services.flash_sale.find_items import LOCAL_TTL
from services.shared.errors import InvalidInput
from services.shared.pricing import Line

_MOST_KEPT: Final = 10
"""Units of an order whose charges are kept, by item: nobody can fill the memory with others."""
_Kept = tuple[ChargeRules, Charges | InvalidInput]


Units = tuple[FlashItemDoc, int]
"""So many units of an item."""


def basis_of(
    items: Sequence[Units],
    address: AddressDoc | None,
    method: str | None = None,
    code: FoundCode | None = None,
) -> Basis:
    """Returns what is to be charged."""
    goods = [
        Good(Line(item.id.hex, item.price, quantity, tax_class=item.tax_class), item.weight_grams)
        for item, quantity in items
    ]
    basis = Basis(items[0][0].currency, goods, Place.of(address), method)
    return basis if code is None else replace(basis, discount=code.discount, code=code.code)


async def charge_flash_order(infra: Infra, items: Sequence[Units], address: AddressDoc | None) -> Charges | None:
    """Returns what a click without a quote costs; None where the shop charges nothing beside the lines.

    Errors: InvalidInput (nothing is shipped there), StoreUnavailable.
    """
    rules, shop = await rules_at_click(infra), infra.settings.shop
    if not (rules.zones or rules.regions or shop.shipping_service or shop.tax_service):
        return None
    item, quantity = items[0]
    if address is not None or quantity > _MOST_KEPT or len(items) > 1:
        return await work_out(infra, basis_of(items, address))
    key = ("flash_charges", item.id, item.price, item.currency, quantity)

    async def fill() -> _Kept:
        # Kept too, so that a refusal is not taken for a store that is away.
        try:
            return rules, await work_out(infra, basis_of(items, None))
        except InvalidInput as error:
            return rules, error

    by, charges = await infra.local.get(key, LOCAL_TTL, fill)
    if by is not rules:
        infra.local.forget(key)
        _, charges = await infra.local.get(key, LOCAL_TTL, fill)
    if isinstance(charges, InvalidInput):
        raise InvalidInput(charges.problems)
    return charges
