"""What the shop's payment providers can charge: by that prices are refused, and sums rounded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import lcm
from typing import Final

from services.money.amounts import to_decimal, to_minor
from services.money.stripe_units import stripe_step
from settings import Settings
from settings.errors import BadSetting
from settings.payments import installed_providers

Step = Callable[[str], int]
"""Of a currency, the minor units of which all that a provider charges is a multiple."""


def _any_amount(_currency: str) -> int:
    return 1


_OURS: Final[Mapping[str, Step]] = {"stripe": stripe_step, "sandbox": _any_amount, "manual": _any_amount}


@dataclass(frozen=True, slots=True)
class Charging:
    """By the names of the ``providers`` that customers may choose."""

    providers: tuple[str, ...]

    def step(self, currency: str) -> int:
        """Returns the minor units of which every amount is a multiple that all providers can charge."""
        return lcm(*(_step_of(name)(currency) for name in self.providers))

    def problem(self, amount: Decimal, currency: str) -> str | None:
        """Say why a price cannot be charged, or None. Errors: MoneyError for what is no price."""
        minor = to_minor(amount, currency)
        names = ", ".join(name for name in self.providers if minor % _step_of(name)(currency))
        return f"cannot be charged by {names}: {multiple(self.step(currency), currency)}" if names else None


@cache
def _step_of(provider: str) -> Step:
    """Returns what a provider says by its class, ours or another package's. Errors: BadSetting."""
    if provider in _OURS:
        return _OURS[provider]
    entry = installed_providers()[provider]
    try:
        step: Step = entry.load().step
    except Exception as error:
        raise BadSetting(f"{provider} ({entry.value}) says no step: {error!r}") from error
    return step


ANY_AMOUNT: Final = Charging(())


def charging_of(settings: Settings) -> Charging:
    return Charging(settings.ways_to_pay)


def multiple(step: int, currency: str) -> str:
    """Returns the sentence that an amount is answered with which is none of ``step``."""
    return f"must be a multiple of {to_decimal(step, currency)} {currency}"
