"""Settings of the shop: carts, shipping, taxes, and where its pages are."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from settings.group import Group, json_object

_STRICT: Final = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
_MOST: Final = 10**9
SHIPPING_SERVICES: Final = "rushcart.shipping_services"
TAX_SERVICES: Final = "rushcart.tax_services"
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CountryOrOther = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|\*)$")]
"""``*``: every other country, and none."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
MethodCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Prices = dict[Currency, Annotated[int, Field(ge=0, le=_MOST)]]
"""Minor units by currency."""


@cache
def installed_services(group: str) -> Mapping[str, EntryPoint]:
    """Find those that other packages bring, by name. Nothing of them is loaded."""
    return {entry.name: entry for entry in entry_points(group=group)}


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


class ShopSettings(Group):
    shop_name: str = Field(
        "Rushcart", min_length=1, max_length=100, description="What the shop is called, for front ends to show."
    )
    storefront_url: str = Field(
        "http://localhost:3000",
        description="Where links in mails lead: its pages /verify-email, /reset-password, /order, with #token=.",
    )

    order_link_ttl: float = Field(
        90 * 86400.0, gt=0, description="Seconds a guest's secret link to an order, as mails have it, is good for."
    )
    guest_ttl: float = Field(
        730 * 86400.0,
        gt=0,
        description="Seconds after a guest's last order in which the guest's personal data is kept; "
        "the orders are kept for longer.",
    )
    guest_cart_ttl: float = Field(30 * 86400.0, gt=0, description="Seconds a guest's cart is kept unchanged.")
    cart_abandoned_after: float = Field(
        3600.0,
        gt=0,
        description="Seconds that a cart with lines is unchanged until it is told as abandoned.",
    )
    cart_lines: int = Field(100, ge=1, le=500, description="Most lines of a cart.")
    cart_line_quantity: int = Field(999, ge=1, le=1_000_000, description="Most units of a line.")

    shipping_methods: Annotated[dict[MethodCode, ShippingMethod], NoDecode] = Field(
        {},
        description="What shipping zones are filled with when there never were any; then staff change them. "
        'The first way is taken unless another is chosen: {"parcel": {"name": "Parcel", '
        '"prices": {"EUR": 490}, "countries": ["DE"]}} or "by_weight": [{"up_to_grams": 1000, "prices": {…}}]; '
        "minor units. Free as long as there is no zone.",
    )
    taxes: Annotated[dict[CountryOrOther, TaxRule], NoDecode] = Field(
        {},
        description="What tax regions are filled with when there never were any; then staff change them. "
        'By country, * for all others: {"DE": {"percent": "19", "inclusive": true, '
        '"on_shipping": true}}.',
    )
    shipping_service: str | None = Field(
        None, description="A service that an installed package brings, asked what shipping costs before the zones."
    )
    tax_service: str | None = Field(
        None, description="A service that an installed package brings, asked for rates of tax before the regions."
    )
    charges_timeout: float = Field(
        0.7, gt=0, le=10, description="Seconds such a service has; then the zones and regions of the shop count."
    )

    @field_validator("shipping_service", "tax_service")
    @classmethod
    def _is_known(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = installed_services(SHIPPING_SERVICES if info.field_name == "shipping_service" else TAX_SERVICES)
        if value and value not in known:
            raise ValueError(f"knows no {value}; there are {', '.join(sorted(known)) or 'none'}")
        return value or None

    @field_validator("shipping_methods", "taxes", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        return json_object(value)
