"""Money: a decimal on the outside, an integer of minor units within. Pure, exact, no float.

The currencies and their exponents (JPY 0, KWD 3, nearly all others 2) are those of ISO 4217's list one, as the
package iso4217 carries it. Babel's are CLDR's, which has no decimals for MGA and IQD; pycountry has none at all.
"""

import re
from decimal import Decimal
from typing import Final

from iso4217 import Currency

MAX_MINOR: Final = 10**12
"""The largest price: times the largest quantity (10^6 a line and more) it still fits a BIGINT."""

# Units of account that nobody pays with: funds, WIR, clearing. The metals and codes for tests have no exponent.
_FUNDS: Final = frozenset({"BOV", "CHE", "CHW", "COU", "MXV", "USN", "UYI", "XAD"})
_EXPONENTS: Final = {
    one.code: one.exponent for one in Currency if one.exponent is not None and one.code not in _FUNDS
}
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)


class MoneyError(ValueError):
    """An amount or a currency that cannot be: the message is a sentence for people."""


def is_currency(code: str) -> bool:
    """Returns whether it is an active ISO 4217 code in capital letters."""
    return code in _EXPONENTS


def exponent(currency: str) -> int:
    """Returns the decimals of the currency; of one that has ended, as stored amounts may have, two."""
    return _EXPONENTS.get(currency, 2)


def parse_amount(text: str) -> Decimal:
    """Read a plain decimal such as ``19.90``: no sign, exponent, thousands separator or symbol.

    Errors: MoneyError.
    """
    if not _PLAIN_AMOUNT.fullmatch(text):
        raise MoneyError("must be a plain decimal number such as 19.90")
    return Decimal(text)


def to_minor(amount: Decimal, currency: str) -> int:
    """Returns the minor units of ``amount``, exactly. Errors: MoneyError, also for what would need rounding."""
    if not is_currency(currency):
        raise MoneyError("is not an ISO 4217 currency code")
    return to_known_minor(amount, currency)


def to_known_minor(amount: Decimal, currency: str) -> int:
    """Convert as ``to_minor``, in the currency of a payment that was made: it may have ended since.

    Errors: MoneyError.
    """
    digits = exponent(currency)
    if not amount.is_finite() or amount < 0:
        raise MoneyError("must be 0 or more")
    # Looked at before any arithmetic: 1E+999999 would fill the memory as an integer.
    if amount and amount.adjusted() + digits > 12:
        raise MoneyError("is too large")
    minor = _scaled(amount, digits)
    if minor is None:
        raise MoneyError(f"has too many decimals: {currency} has {digits}")
    if minor > MAX_MINOR:
        raise MoneyError("is too large")
    return minor


def _scaled(amount: Decimal, digits: int) -> int | None:
    """Returns ``amount * 10**digits`` as an integer, None when it is not one.

    Exact whatever the context's precision.
    """
    _, coefficient, power = amount.as_tuple()
    if not amount or not isinstance(power, int):
        return 0
    text = "".join(map(str, coefficient))
    shift = power + digits
    if shift >= 0:
        return int(text + "0" * shift)
    kept, dropped = text[:shift], text[shift:]
    return None if dropped.strip("0") else int(kept or "0")


def to_decimal(minor: int, currency: str) -> Decimal:
    """Returns the amount with exactly the currency's decimals: ``to_decimal(1990, "EUR")`` is
    ``Decimal("19.90")``."""
    return Decimal(f"{minor}E-{exponent(currency)}")  # exact, whatever the context's precision
