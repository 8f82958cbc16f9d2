"""Money as the schema shows it: a decimal string and a currency; inside it is minor units."""

from decimal import Decimal

import strawberry

from services.errors import InvalidInput

# ISO 4217: the currencies whose minor unit is not a hundredth.
_WHOLE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF")
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_EXPONENTS = dict.fromkeys((*_WHOLE, "XOF", "XPF"), 0) | dict.fromkeys(_THOUSANDTHS, 3) | {"CLF": 4, "UYW": 4}
MAX_MINOR_UNITS = 10**15


def exponent(currency: str) -> int:
    """Digits after the point in this currency."""
    return _EXPONENTS.get(currency, 2)


@strawberry.type(description="An amount in a currency (ISO 4217).")
class Money:
    amount: Decimal
    currency_code: str

    @classmethod
    def of(cls, minor_units: int, currency: str) -> "Money":
        return cls(amount=Decimal(minor_units).scaleb(-exponent(currency)), currency_code=currency)


def input_minor_units(amount: Decimal, currency: str, *path: str) -> int:
    """Minor units of an amount at ``input.<path>``. Errors: InvalidInput for a negative, huge or too fine one."""
    digits = exponent(currency)
    if amount < 0:
        raise InvalidInput.at(*path, message="must not be negative")
    if amount.adjusted() + digits >= 16 or (minor := amount.scaleb(digits)) > MAX_MINOR_UNITS:
        raise InvalidInput.at(*path, message="is too large")
    if minor != minor.to_integral_value():
        raise InvalidInput.at(*path, message=f"has more than {digits} decimal places")
    return int(minor)
