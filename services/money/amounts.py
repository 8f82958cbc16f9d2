"""Money: a decimal on the outside, an integer of minor units within. Pure, exact, no float.

The number of decimals of a currency is its ISO 4217 exponent (JPY 0, KWD 3, nearly all others 2).
"""

import re
from decimal import Decimal
from typing import Final

MAX_MINOR: Final = 10**12
"""The largest price: times the largest quantity (10^6 a line and more) it still fits a BIGINT."""

_CODES: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR
LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN
PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR
ZMW ZWG
"""
_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS: Final = "CLF UYW"
_ACTIVE: Final = frozenset(_CODES.split())
_EXPONENTS: Final = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_FOUR_DECIMALS.split(), 4),
}
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)


class MoneyError(ValueError):
    """An amount or a currency that cannot be: the message is a sentence for people."""


def is_currency(code: str) -> bool:
    """True for an active ISO 4217 code in capital letters."""
    return code in _ACTIVE


def exponent(currency: str) -> int:
    """Decimals of the currency."""
    return _EXPONENTS.get(currency, 2)


def currencies_by_exponent() -> dict[int, list[str]]:
    """The currencies whose exponent is not 2, by exponent."""
    grouped: dict[int, list[str]] = {}
    for code, digits in _EXPONENTS.items():
        grouped.setdefault(digits, []).append(code)
    return grouped


def parse_amount(text: str) -> Decimal:
    """A plain decimal such as ``19.90``: no sign, exponent, thousands separator or symbol. Errors: MoneyError."""
    if not _PLAIN_AMOUNT.fullmatch(text):
        raise MoneyError("must be a plain decimal number such as 19.90")
    return Decimal(text)


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units of ``amount``, exactly. Errors: MoneyError, also for what would need rounding."""
    if not is_currency(currency):
        raise MoneyError("is not an ISO 4217 currency code")
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
    """``amount * 10**digits`` as an integer, None when it is not one. Exact whatever the context's precision."""
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
    """The amount with exactly the currency's decimals: ``to_decimal(1990, "EUR")`` is ``Decimal("19.90")``."""
    sign, digits = (1, -minor) if minor < 0 else (0, minor)
    return Decimal((sign, tuple(map(int, str(digits))), -exponent(currency)))
