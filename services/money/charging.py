"""What the shop's payment providers can charge: by that prices are refused, and sums rounded. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.money.amounts import to_decimal, to_minor
from services.money.stripe_units import stripe_step
from settings import Settings

_STEPS: Final[Mapping[str, Callable[[str], int]]] = {"stripe": stripe_step}
"""By provider; the others charge any amount."""


@dataclass(frozen=True, slots=True)
class Charging:
    """By the names of the ``providers`` that customers may choose."""

    providers: tuple[str, ...]

    def step(self, currency: str) -> int:
        """Returns the minor units of which every amount is a multiple that all providers can charge."""
        return max((_STEPS[name](currency) for name in self.providers if name in _STEPS), default=1)

    def problem(self, amount: Decimal, currency: str) -> str | None:
        """Say why a price cannot be charged, or None. Errors: MoneyError for what is no price."""
        minor = to_minor(amount, currency)
        names = ", ".join(name for name in self.providers if name in _STEPS and minor % _STEPS[name](currency))
        return f"cannot be charged by {names}: {multiple(self.step(currency), currency)}" if names else None


ANY_AMOUNT: Final = Charging(())


def charging_of(settings: Settings) -> Charging:
    return Charging(settings.ways_to_pay)


def multiple(step: int, currency: str) -> str:
    """Returns the sentence that an amount is answered with which is none of ``step``."""
    return f"must be a multiple of {to_decimal(step, currency)} {currency}"
