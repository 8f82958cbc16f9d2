"""Which tax an order has: a port, and the rates by country that come in the box, from the settings."""

from dataclasses import dataclass
from typing import Final, Protocol

from services.shared.pricing import NO_TAX, WHOLE, Tax
from settings import Settings
from settings.shop import TaxRule

_OTHERS: Final = "*"


class Taxes(Protocol):
    async def tax_for(self, country: str | None) -> Tax:
        """Of an order that goes there; None when no address was given. Errors: TryAgain."""


@dataclass(frozen=True, slots=True)
class ConfiguredTaxes:
    rules: dict[str, TaxRule]

    async def tax_for(self, country: str | None) -> Tax:
        rule = self.rules.get(country or _OTHERS) or self.rules.get(_OTHERS)
        if rule is None:
            return NO_TAX
        return Tax(int(rule.percent * WHOLE) // 100, inclusive=rule.inclusive, on_shipping=rule.on_shipping)


def make_taxes(settings: Settings) -> Taxes:
    return ConfiguredTaxes(settings.shop.taxes)
