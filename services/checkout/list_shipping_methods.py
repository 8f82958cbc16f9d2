"""List the ways to ship that the shop has, and where to; what each costs for a cart is for ``list_offers``."""

from dataclasses import dataclass

from services.address.country_rules import COUNTRIES
from services.checkout.rules import FREE
from settings import Settings


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    """``countries``: ISO 3166-1 codes, sorted."""

    code: str
    name: str
    countries: tuple[str, ...]


def list_shipping_methods(settings: Settings) -> tuple[ShippingMethod, ...]:
    """Returns all of them, in the settings' order."""
    everywhere = tuple(sorted(COUNTRIES))
    found = tuple(
        ShippingMethod(code, method.name, tuple(sorted(method.countries)) or everywhere)
        for code, method in settings.shop.shipping_methods.items()
    )
    return found or (ShippingMethod(FREE.code, FREE.name, everywhere),)
