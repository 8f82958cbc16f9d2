"""The units that Stripe counts in, which are not all ISO 4217's. Pure.

https://docs.stripe.com/currencies: "Zero-decimal currencies", "Three-decimal currencies", "Special cases" (read in
November 2026). HUF and TWD are special for payouts alone: charges and refunds have two decimals.
"""

from typing import Final

from services.money.amounts import exponent

_NO_DECIMALS: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# Counted in hundredths, though they have none: the last two digits must be 00.
_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})
_THREE_DECIMALS: Final = 3


def stripe_step(currency: str) -> int:
    """Returns the minor units of ISO 4217 of which all that Stripe charges is a multiple: 100 for MGA, which it
    counts without decimals; 10 where there are three, the last of which must be 0; else 1."""
    if exponent(currency) == _THREE_DECIMALS:
        return 10
    return int(10 ** max(exponent(currency) - _decimals(currency), 0))


def to_stripe(amount: int, currency: str) -> int:
    """Returns minor units of ISO 4217 as Stripe counts them. Errors: ValueError for what it cannot count."""
    if amount % stripe_step(currency):
        raise ValueError(f"{amount} {currency} is no multiple of {stripe_step(currency)}")
    shift = _decimals(currency) - exponent(currency)
    return int(amount * 10**shift if shift > 0 else amount // 10**-shift)


def from_stripe(amount: int, currency: str) -> int:
    """Returns what Stripe tells in minor units of ISO 4217; of hundredths that do not exist (fees), the whole."""
    shift = exponent(currency) - _decimals(currency)
    return int(amount * 10**shift if shift > 0 else amount // 10**-shift)


def _decimals(currency: str) -> int:
    if currency in _NO_DECIMALS:
        return 0
    return 2 if currency in _HUNDREDTHS else exponent(currency)
