"""The types of shipping zones and tax regions. For staff."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from models.charges_rules import RatePrice, RateStep, RegionDoc, ZoneDoc, ZonePlace
from models.charges_rules import ShippingRate as RateDoc
from models.enums import HalfRounding, Role, Scope, ShippingBasis, TaxRounding
from resolvers.shared.context import Context
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, NotFound, StaleVersion, TryAgain
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.words import VERSION_NOW
from services.charges.views import list_rules
from services.money.amounts import to_decimal


@strawberry.type(description="Postcodes that begin with anything from the first to the last.")
class PostcodeRange:
    first: str = strawberry.field(description="In capitals, letters and digits only.")
    last: str = strawberry.field(description="As long as the first.")


@strawberry.type(description="A part of the world that a zone ships to.")
class ShippingPlace:
    country_code: str = strawberry.field(description="ISO 3166-1, such as DE; * is every other country.")
    states: list[str] = strawberry.field(description="Only these, by code where they have one; empty: all.")
    postcodes: list[PostcodeRange] = strawberry.field(description="Of those only these; empty: all.")

    @classmethod
    def of(cls, place: ZonePlace) -> "ShippingPlace":
        ranges = [PostcodeRange(first=one.first, last=one.last) for one in place.postcodes]
        return cls(country_code=place.country, states=list(place.states), postcodes=ranges)


@strawberry.type(description="What is charged up to a limit.")
class ShippingRateStep:
    price: Money = strawberry.field(description="Before tax that is not included.")
    up_to: Decimal | None = strawberry.field(
        description="Grams, an amount or units, that included; null: without a limit."
    )

    @classmethod
    def of(cls, step: RateStep, basis: ShippingBasis, currency: str) -> "ShippingRateStep":
        limit = step.up_to
        if limit is not None and basis is ShippingBasis.PRICE:
            return cls(price=Money.of(step.price, currency), up_to=to_decimal(limit, currency))
        return cls(price=Money.of(step.price, currency), up_to=None if limit is None else Decimal(limit))


@strawberry.type(description="What a way to ship costs in a currency.")
class ShippingRatePrice:
    currency_code: str = strawberry.field(description="ISO 4217.")
    steps: list[ShippingRateStep] = strawberry.field(description="The first that has room for the order counts.")
    free_from: Money | None = strawberry.field(
        description="Goods of so much before discounts are shipped for nothing; null: none are."
    )

    @classmethod
    def of(cls, price: RatePrice, basis: ShippingBasis) -> "ShippingRatePrice":
        free = price.free_from
        return cls(
            currency_code=price.currency,
            steps=[ShippingRateStep.of(step, basis, price.currency) for step in price.steps],
            free_from=None if free is None else Money.of(free, price.currency),
        )


@strawberry.type(description="A way to ship.")
class ShippingRate:
    code: str = strawberry.field(description="What checkout takes as `shippingMethod`.")
    name: str = strawberry.field(description="What customers are shown.")
    basis: ShippingBasis = strawberry.field(description="What its steps go by.")
    prices: list[ShippingRatePrice] = strawberry.field(description="Other currencies cannot go this way.")

    @classmethod
    def of(cls, rate: RateDoc) -> "ShippingRate":
        prices = [ShippingRatePrice.of(price, rate.basis) for price in rate.prices]
        return cls(code=rate.code, name=rate.name, basis=rate.basis, prices=prices)


@strawberry.type(
    description="Where is shipped to, and how. An address is in the one zone that names it most closely: by "
    "postcode, by state, by country, or by all others."
)
class ShippingZone(Node):
    name: str = strawberry.field(description="For staff.")
    places: list[ShippingPlace] = strawberry.field(description="Where it is.")
    rates: list[ShippingRate] = strawberry.field(description="The first that fits is taken unless one is chosen.")
    version: int = strawberry.field(description=VERSION_NOW)

    @classmethod
    def of(cls, zone: ZoneDoc) -> "ShippingZone":
        return cls(
            id=encode_id("ShippingZone", zone.id),
            name=zone.name,
            places=list(map(ShippingPlace.of, zone.places)),
            rates=list(map(ShippingRate.of, zone.rates)),
            version=zone.version,
        )


@strawberry.type(description="The tax of a class of products.")
class TaxRate:
    tax_class: str = strawberry.field(
        description="As products name it; standard is of all that the region does not name, shipping of shipping."
    )
    percent: Decimal = strawberry.field(description="Of what is left after discounts.")


@strawberry.type(
    description="The taxes of orders that go somewhere. The region that names the address most closely counts: by "
    "state, by country, or by all others."
)
class TaxRegion(Node):
    country_code: str = strawberry.field(description="ISO 3166-1, such as DE; * is every other country.")
    state: str | None = strawberry.field(description="By code where it has one; null: all of the country.")
    prices_include_tax: bool = strawberry.field(description="Prices have the tax in them: nothing is added.")
    tax_on_shipping: bool = strawberry.field(description="Shipping is taxed too.")
    rates: list[TaxRate] = strawberry.field(description="By class of product.")
    rounding: TaxRounding = strawberry.field(description="What is rounded.")
    half: HalfRounding = strawberry.field(description="Where a half goes.")
    version: int = strawberry.field(description=VERSION_NOW)

    @classmethod
    def of(cls, region: RegionDoc) -> "TaxRegion":
        rates = [TaxRate(tax_class=k, percent=Decimal(rate) / 10_000) for k, rate in sorted(region.rates.items())]
        return cls(
            id=encode_id("TaxRegion", region.id),
            country_code=region.country,
            state=region.state or None,
            prices_include_tax=region.inclusive,
            tax_on_shipping=region.on_shipping,
            rates=rates,
            rounding=region.rounding,
            half=region.half,
            version=region.version,
        )


@strawberry.type(description="The id of a zone that is gone: no Node, as there is none any more.")
class DeletedShippingZone:
    id: strawberry.ID = strawberry.field(description="Of the zone that was.")


@strawberry.type(description="The id of a region that is gone: no Node, as there is none any more.")
class DeletedTaxRegion:
    id: strawberry.ID = strawberry.field(description="Of the region that was.")


CreateShippingZoneResult = Annotated[
    ShippingZone | InvalidInput | IdempotencyConflict | TryAgain, strawberry.union("CreateShippingZoneResult")
]
ChangeShippingZoneResult = Annotated[
    ShippingZone | NotFound | StaleVersion | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("ChangeShippingZoneResult"),
]
DeleteShippingZoneResult = Annotated[
    DeletedShippingZone | NotFound | StaleVersion | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("DeleteShippingZoneResult"),
]
CreateTaxRegionResult = Annotated[
    TaxRegion | InvalidInput | IdempotencyConflict | TryAgain, strawberry.union("CreateTaxRegionResult")
]
ChangeTaxRegionResult = Annotated[
    TaxRegion | NotFound | StaleVersion | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("ChangeTaxRegionResult"),
]
DeleteTaxRegionResult = Annotated[
    DeletedTaxRegion | NotFound | StaleVersion | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("DeleteTaxRegionResult"),
]


def may_see_charges(context: Context) -> bool:
    return context.viewer is not None and context.viewer.may(Role.STAFF, Scope.CHARGES_WRITE)


async def _load_zones(context: Context, ids: Sequence[UUID]) -> list[ShippingZone | None]:
    zones = (await list_rules(context.infra)).zones if may_see_charges(context) else ()
    return pick_nodes(ids, {zone.id: zone for zone in zones}, ShippingZone.of)


async def _load_regions(context: Context, ids: Sequence[UUID]) -> list[TaxRegion | None]:
    regions = (await list_rules(context.infra)).regions if may_see_charges(context) else ()
    return pick_nodes(ids, {region.id: region for region in regions}, TaxRegion.of)


register_node("ShippingZone", _load_zones)
register_node("TaxRegion", _load_regions)
