"""The ways in which a customer's cart can be shipped."""

from collections.abc import Collection, Sequence
from uuid import UUID

from infra.runtime import Infra
from services.address.find_addresses import find_own_address
from services.charges.find_offers import find_offers
from services.charges.rules import Place, ShippingOffer
from services.charges.work_out import Basis
from services.checkout.basket import read_basket
from services.shared.errors import CartEmpty
from services.shared.viewer import NO_GROUPS


async def list_offers(
    infra: Infra, customer_id: UUID, address_id: UUID | None, groups: Collection[str] = NO_GROUPS
) -> tuple[str, Sequence[ShippingOffer]]:
    """Returns the ways to ship, with the currency of their prices; none for an empty cart.

    Errors: NotFound, StoreUnavailable, TryAgain.
    """
    address = None if address_id is None else await find_own_address(infra, customer_id, address_id)
    try:
        basket = await read_basket(infra, customer_id, groups)
    except CartEmpty:
        return "", []
    parcel = Basis(basket.currency, basket.goods, Place.of(address)).parcel
    return basket.currency, await find_offers(infra, parcel)
