"""Find at what rates an order is taxed."""

from collections.abc import Collection

from infra.runtime import Infra
from services.charges.ask_service import ask_service
from services.charges.make_installed import tax_service
from services.charges.read_rules import read_rules
from services.charges.rules import Place, tax_of
from services.shared.pricing import WHOLE, Tax


async def find_tax(infra: Infra, place: Place, classes: Collection[str]) -> Tax:
    """Returns the tax of an order of products of these classes that goes there. Errors: StoreUnavailable."""
    service = tax_service(infra.settings)
    if service is not None:
        told = await ask_service(infra, "taxes", lambda: service.tax_for(place, classes), _is_tax)
        if told is not None:
            return told
    return tax_of((await read_rules(infra)).regions, place)


def _is_tax(tax: Tax) -> bool:
    given: object = tax  # whatever a package answers
    return isinstance(given, Tax) and all(0 <= rate <= WHOLE for rate in (tax.rate, *tax.classes.values()))
