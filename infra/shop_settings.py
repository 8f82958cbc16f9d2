"""Shipping methods and taxes as they are configured; pure."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_STRICT: Final = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
_MOST: Final = 10**9
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CountryOrOther = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|\*)$")]
"""``*``: every other country, and none."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
MethodCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Prices = dict[Currency, Annotated[int, Field(ge=0, le=_MOST)]]
"""Minor units by currency."""


class WeightStep(BaseModel):
    """``prices`` of parcels up to so many grams, that included."""

    model_config = _STRICT

    up_to_grams: int = Field(gt=0)
    prices: Prices = Field(min_length=1)


class ShippingMethod(BaseModel):
    """Flat ``prices``, or ``by_weight``. ``countries``: where it goes to; everywhere when empty."""

    model_config = _STRICT

    name: str = Field(min_length=1, max_length=100)
    prices: Prices = {}
    by_weight: tuple[WeightStep, ...] = ()
    countries: frozenset[Country] = frozenset()

    @model_validator(mode="after")
    def _is_one_kind(self) -> "ShippingMethod":
        if bool(self.prices) == bool(self.by_weight):
            raise ValueError("must have either prices or by_weight")
        return self


class TaxRule(BaseModel):
    """``inclusive``: prices have the tax in them."""

    model_config = _STRICT

    percent: Decimal = Field(ge=0, le=100, max_digits=7, decimal_places=4)
    inclusive: bool = False
    on_shipping: bool = True
