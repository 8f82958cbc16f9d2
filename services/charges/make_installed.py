"""Services that other packages bring, by entry point; the settings name the one that is asked."""

from functools import cache
from typing import Any, Final

from services.charges.shipping_service import ShippingService
from services.charges.tax_service import TaxService
from settings import Settings
from settings.errors import BadSetting
from settings.shop import SHIPPING_SERVICES, TAX_SERVICES, installed_services

_VARIABLES: Final = {
    SHIPPING_SERVICES: "RUSHCART_SHIPPING_SERVICE",
    TAX_SERVICES: "RUSHCART_TAX_SERVICE",
}


def shipping_service(settings: Settings) -> ShippingService | None:
    """Returns the one that is asked; None: the shop's own rates count. Errors: BadSetting."""
    made: ShippingService | None = make_installed(SHIPPING_SERVICES, settings.shop.shipping_service)
    return made


def tax_service(settings: Settings) -> TaxService | None:
    """Returns the one that is asked; None: the shop's own regions count. Errors: BadSetting."""
    made: TaxService | None = make_installed(TAX_SERVICES, settings.shop.tax_service)
    return made


def require_services(settings: Settings) -> None:
    """Make those that are named, so that a process that cannot use one does not start. Errors: BadSetting."""
    shipping_service(settings)
    tax_service(settings)


@cache
def make_installed(group: str, name: str | None) -> Any:
    """Make a package's service, one a process; returns None when none is named. Errors: BadSetting."""
    if name is None:
        return None
    entry = installed_services(group).get(name)
    if entry is None:
        raise BadSetting(f"{_VARIABLES[group]}: knows no {name}")
    try:
        return entry.load()()
    except BadSetting:
        raise
    except Exception as error:
        raise BadSetting(f"{_VARIABLES[group]}: {name} ({entry.value}) cannot be made: {error!r}") from error
