"""The worked example of docs/charges.md, against a carrier that does what it says, and one that does not."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from infra.runtime import Infra
from services.charges import ask_service, make_installed
from services.charges.create_shipping_zone import create_shipping_zone
from services.charges.create_tax_region import create_tax_region
from services.charges.find_offers import find_offers
from services.charges.find_tax import find_tax
from services.charges.rules import Parcel, Place, ShippingOffer
from services.charges.work_out import Basis, Good, work_out
from services.shared.errors import InvalidInput
from services.shared.pricing import Line, Tax
from settings.shop import SHIPPING_SERVICES, TAX_SERVICES
from tests.app_server import serving
from tests.carrier import CarrierServer
from tests.documents import ROOT, files_of
from tests.integration.money import asked
from tests.integration.test_charge_rules import region, zone
from tests.modes import ONE_MODE

MODULE = ROOT / "examples" / "charges_service" / "rushcart_carrier.py"
PARCEL = Parcel("EUR", 120, Place("DE", "Berlin", "10115"), 5_000, 2)


@pytest.fixture
async def carrier() -> AsyncIterator[tuple[CarrierServer, str]]:
    server = CarrierServer()
    async with serving(server.app) as url:
        yield server, url


@pytest.fixture
def asking(infra: Infra, carrier: tuple[CarrierServer, str], monkeypatch: pytest.MonkeyPatch) -> Infra:
    """A shop that asks it, as a process does that has the package and its variable."""
    monkeypatch.setenv("CARRIER_URL", carrier[1])
    module = example()
    made = {SHIPPING_SERVICES: module.CarrierRates(), TAX_SERVICES: module.CarrierTaxes()}
    monkeypatch.setattr(make_installed, "make_installed", lambda group, name: made[group] if name else None)
    monkeypatch.setattr(ask_service, "_resting", {})
    shop = {"shipping_service": "carrier", "tax_service": "carrier", "charges_timeout": 0.3}
    return replace(infra, settings=infra.settings.model_copy(update=shop))


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rushcart_carrier", MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_document_shows_it_as_it_is() -> None:
    shown = files_of("charges.md")
    assert len(shown) == 2
    assert {name: (ROOT / name).read_text(encoding="utf-8") for name in shown} == shown


@ONE_MODE
async def test_it_is_asked_before_the_shops_own(asking: Infra, carrier: tuple[CarrierServer, str]) -> None:
    await own_rules(asking)
    assert await found(asking) == ([ShippingOffer("van", "Van", 420)], told := tax())
    assert told.rate_of("reduced") == 90_000
    where = {"country": "DE", "region": "Berlin", "postcode": "10115"}
    assert carrier[0].asked == [
        {"currency": "EUR", "grams": "120", "worth": "5000"} | where,
        {"classes": "reduced,standard"} | where,
    ]


@ONE_MODE
@pytest.mark.parametrize("mood", ["late", "down", "wrong"])
async def test_what_it_does_not_say_in_time_the_shop_says(
    asking: Infra, carrier: tuple[CarrierServer, str], mood: str
) -> None:
    await own_rules(asking)
    carrier[0].mood = mood
    for _ in range(3):
        offers, told = await found(asking)
        assert ([offer.price for offer in offers], told.rate) == ([590], 190_000)
    assert len(carrier[0].asked) == 2  # each once: then they have a rest
    carrier[0].mood = "well"
    ask_service._resting.clear()
    assert await found(asking) == ([ShippingOffer("van", "Van", 420)], tax())


@ONE_MODE
async def test_both_are_asked_at_once(asking: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answers only when the other is asked too."""
    here = {SHIPPING_SERVICES: asyncio.Event(), TAX_SERVICES: asyncio.Event()}

    class Both:
        async def offers(self, parcel: Parcel) -> list[ShippingOffer]:
            here[SHIPPING_SERVICES].set()
            await here[TAX_SERVICES].wait()
            return [ShippingOffer("van", "Van", 420)]

        async def tax_for(self, place: Place, classes: Collection[str]) -> Tax:
            here[TAX_SERVICES].set()
            await here[SHIPPING_SERVICES].wait()
            return Tax(100_000, inclusive=False)

    monkeypatch.setattr(make_installed, "make_installed", lambda group, name: Both() if name else None)
    goods = [Good(Line("a", 1000, 1), 500)]
    charges = await work_out(asking, Basis("EUR", goods, PARCEL.place))
    assert (charges.shipping, charges.tax) == (420, 142)
    with pytest.raises(InvalidInput):
        await work_out(asking, Basis("EUR", goods, PARCEL.place, method="pigeon"))


async def own_rules(infra: Infra) -> None:
    await create_shipping_zone(infra, zone(), asked())
    await create_tax_region(infra, region("19"), asked())


async def found(infra: Infra) -> tuple[Any, Tax]:
    offers = await find_offers(infra, PARCEL)
    return offers, await find_tax(infra, PARCEL.place, ["reduced", "standard"])


def tax() -> Tax:
    percent = {"standard": Decimal(21), "reduced": Decimal(9)}
    return Tax(210_000, inclusive=False, classes={name: int(one * 10_000) for name, one in percent.items()})
