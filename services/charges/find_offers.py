"""Find the ways in which a parcel can go, at prices that can be charged."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from infra.runtime import Infra
from services.charges.ask_service import ask_service
from services.charges.make_installed import shipping_service
from services.charges.read_rules import read_rules
from services.charges.rules import FREE, Parcel, ShippingOffer, offers_of
from services.money.charging import charging_of
from services.shared.pricing import rounded
from services.shared.texts import line_problem

_MOST: Final = 10**9
_MOST_OFFERS: Final = 50


async def find_offers(infra: Infra, parcel: Parcel) -> Sequence[ShippingOffer]:
    """Returns the ways, the one that is taken unless another is chosen first; none when it cannot be delivered.

    Errors: StoreUnavailable.
    """
    offers = await _from_outside(infra, parcel)
    if offers is None:
        rules = await read_rules(infra)
        offers = offers_of(rules.zones, parcel) if rules.zones else [FREE]
    step = charging_of(infra.settings).step(parcel.currency)
    return [replace(offer, price=rounded(offer.price, 1, step)) for offer in offers]


async def _from_outside(infra: Infra, parcel: Parcel) -> Sequence[ShippingOffer] | None:
    service = shipping_service(infra.settings)
    if service is None:
        return None
    return await ask_service(infra, "shipping", lambda: service.offers(parcel), _are_offers)


def _are_offers(offers: Sequence[ShippingOffer]) -> bool:
    return len(offers) <= _MOST_OFFERS and all(map(_is_offer, offers))


def _is_offer(offer: object) -> bool:
    if not isinstance(offer, ShippingOffer):
        return False
    price: object = offer.price
    is_named = not line_problem(offer.name, 100, required=True) and not line_problem(offer.code, 40, required=True)
    return is_named and isinstance(price, int) and 0 <= price <= _MOST
