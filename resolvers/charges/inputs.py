"""What staff say of shipping zones and tax regions."""

from decimal import Decimal

import strawberry

from models.enums import HalfRounding, ShippingBasis, TaxRounding
from resolvers.shared.node import input_id
from resolvers.shared.words import IDEMPOTENCY_KEY
from services.charges.change_shipping_zone import ZoneChange
from services.charges.change_tax_region import RegionChange
from services.charges.check_region import RegionDraft
from services.charges.check_zone import PlaceDraft, RateDraft, RatePriceDraft, StepDraft, ZoneDraft
from services.charges.create_tax_region import NewRegion

_VERSION = "As it was read: the change is refused when there was another."


@strawberry.input(description="Postcodes that begin with anything from the first to the last.")
class PostcodeRangeInput:
    first: str = strawberry.field(description="A postcode, or the beginning of some.")
    last: str | None = strawberry.field(default=None, description="As long as the first; the first when absent.")


@strawberry.input(description="A part of the world.")
class ShippingPlaceInput:
    country_code: str = strawberry.field(description="ISO 3166-1, such as DE; * is every other country.")
    states: list[str] | None = strawberry.field(default=None, description="Only these, by name or code.")
    postcodes: list[PostcodeRangeInput] | None = strawberry.field(default=None, description="Of those only these.")

    def to_service(self) -> PlaceDraft:
        ranges = tuple((one.first, one.last) for one in self.postcodes or ())
        return PlaceDraft(self.country_code.strip().upper()[:3], tuple(self.states or ()), ranges)


@strawberry.input(description="What is charged up to a limit.")
class ShippingRateStepInput:
    price: Decimal = strawberry.field(description="In the currency of the price.")
    up_to: Decimal | None = strawberry.field(
        default=None,
        description="Grams, an amount or units, as the basis says, that included; only the last has none.",
    )


@strawberry.input(description="What a way to ship costs in a currency.")
class ShippingRatePriceInput:
    currency_code: str = strawberry.field(description="ISO 4217.")
    steps: list[ShippingRateStepInput] = strawberry.field(
        description="From the lowest limit up; one without a limit when it is FLAT."
    )
    free_from: Decimal | None = strawberry.field(
        default=None, description="Goods of so much before discounts are shipped for nothing."
    )

    def to_service(self) -> RatePriceDraft:
        steps = tuple(StepDraft(step.price, step.up_to) for step in self.steps)
        return RatePriceDraft(self.currency_code, steps, self.free_from)


@strawberry.input(description="A way to ship.")
class ShippingRateInput:
    code: str = strawberry.field(description="What checkout takes as `shippingMethod`; once in the zone.")
    name: str = strawberry.field(description="What customers are shown.")
    prices: list[ShippingRatePriceInput] = strawberry.field(description="Each currency once.")
    basis: ShippingBasis = strawberry.field(default=ShippingBasis.FLAT, description="What its steps go by.")

    def to_service(self) -> RateDraft:
        return RateDraft(self.code, self.name, self.basis, tuple(price.to_service() for price in self.prices))


@strawberry.input(description="A zone to ship to.")
class CreateShippingZoneInput:
    name: str = strawberry.field(description="For staff.")
    places: list[ShippingPlaceInput] = strawberry.field(description="Places that no other zone names as closely.")
    rates: list[ShippingRateInput] = strawberry.field(description="The first that fits is the default.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)

    def to_service(self) -> ZoneDraft:
        return _zone(self.name, self.places, self.rates)


@strawberry.input(description="What is left out, or null, stays as it is.")
class ChangeShippingZoneInput:
    id: strawberry.ID = strawberry.field(description="Of the zone.")
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    name: str | None = strawberry.field(default=None, description="For staff.")
    places: list[ShippingPlaceInput] | None = strawberry.field(default=None, description="All that it shall have.")
    rates: list[ShippingRateInput] | None = strawberry.field(default=None, description="All that it shall have.")

    def to_service(self) -> ZoneChange:
        draft = _zone(self.name, self.places, self.rates)
        return ZoneChange(input_id(self.id, "ShippingZone", "id"), self.version, draft)


@strawberry.input(description="A zone that is to be gone.")
class DeleteShippingZoneInput:
    id: strawberry.ID = strawberry.field(description="Of the zone.")
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="The tax of a class of products.")
class TaxRateInput:
    tax_class: str = strawberry.field(
        description="As products name it; standard, which must be there, is of all that the region does not name, "
        "shipping of shipping."
    )
    percent: Decimal = strawberry.field(description="0 to 100, with at most 4 decimals.")


@strawberry.input(description="Taxes of a country, of a state of it, or of all other countries.")
class CreateTaxRegionInput:
    country_code: str = strawberry.field(description="ISO 3166-1, such as DE; * is every other country.")
    rates: list[TaxRateInput] = strawberry.field(description="Each class once.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    state: str | None = strawberry.field(default=None, description="Its name or code; all when left out.")
    prices_include_tax: bool = strawberry.field(default=False, description="Prices have the tax in them.")
    tax_on_shipping: bool = strawberry.field(default=True, description="Shipping is taxed too.")
    rounding: TaxRounding = strawberry.field(default=TaxRounding.ORDER, description="What is rounded.")
    half: HalfRounding = strawberry.field(default=HalfRounding.UP, description="Where a half goes.")

    def to_service(self) -> NewRegion:
        draft = RegionDraft(
            _rates(self.rates), self.prices_include_tax, self.tax_on_shipping, self.rounding, self.half
        )
        return NewRegion(self.country_code.strip().upper()[:3], (self.state or "").strip() or None, draft)


@strawberry.input(description="What is left out, or null, stays as it is.")
class ChangeTaxRegionInput:
    id: strawberry.ID = strawberry.field(description="Of the region.")
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    rates: list[TaxRateInput] | None = strawberry.field(default=None, description="All that it shall have.")
    prices_include_tax: bool | None = strawberry.field(default=None, description="Prices have the tax in them.")
    tax_on_shipping: bool | None = strawberry.field(default=None, description="Shipping is taxed too.")
    rounding: TaxRounding | None = strawberry.field(default=None, description="What is rounded.")
    half: HalfRounding | None = strawberry.field(default=None, description="Where a half goes.")

    def to_service(self) -> RegionChange:
        rates = None if self.rates is None else _rates(self.rates)
        draft = RegionDraft(rates, self.prices_include_tax, self.tax_on_shipping, self.rounding, self.half)
        return RegionChange(input_id(self.id, "TaxRegion", "id"), self.version, draft)


@strawberry.input(description="A region that is to be gone.")
class DeleteTaxRegionInput:
    id: strawberry.ID = strawberry.field(description="Of the region.")
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


def _zone(
    name: str | None, places: list[ShippingPlaceInput] | None, rates: list[ShippingRateInput] | None
) -> ZoneDraft:
    return ZoneDraft(
        name,
        None if places is None else tuple(place.to_service() for place in places),
        None if rates is None else tuple(rate.to_service() for rate in rates),
    )


def _rates(rates: list[TaxRateInput]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((rate.tax_class, rate.percent) for rate in rates)
