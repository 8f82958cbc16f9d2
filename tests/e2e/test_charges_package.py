"""A carrier's package, installed beside the shop by the commands of its document, and asked by `rushcart dev`."""

import asyncio
from pathlib import Path

import pytest

from tests.app_server import serving
from tests.carrier import CarrierServer
from tests.e2e.running import Running, rushcart
from tests.example_package import Documented

OFFERS = "{ shippingOffers { code price { amount } } }"
ADD = """mutation ($variant: ID!) { addCartItem(input: {variantId: $variant, quantity: 1, idempotencyKey: "k"}) {
  __typename } }"""
VARIANT = "{ products(first: 1) { edges { node { variants { id } } } } }"


@pytest.fixture(scope="module")
def documented() -> Documented:
    return Documented.read("charges.md")


@pytest.fixture(scope="module")
def installed(documented: Documented, tmp_path_factory: pytest.TempPathFactory) -> str:
    return documented.installed(tmp_path_factory.mktemp("installed"))


async def test_it_says_what_a_parcel_costs(tmp_path: Path, documented: Documented, installed: str) -> None:
    assert documented.command == ["rushcart", "dev"]
    carrier = CarrierServer()
    async with serving(carrier.app) as url:
        settings = documented.given | {
            "PYTHONPATH": installed,
            "CARRIER_URL": url,
            "RUSHCART_CHARGES_TIMEOUT": "10",
        }
        with Running(tmp_path / "home", settings=settings) as dev:
            ready = await asyncio.to_thread(dev.ready)
            token = await asyncio.to_thread(ready.sign_in, *ready.customer)
            found = await asyncio.to_thread(ready.ask, VARIANT, {}, token)
            variant = found["products"]["edges"][0]["node"]["variants"][0]["id"]
            await asyncio.to_thread(ready.ask, ADD, {"variant": variant}, token)
            offers = (await asyncio.to_thread(ready.ask, OFFERS, {}, token))["shippingOffers"]
    asked = carrier.asked[-1]  # before it, what the demo's own orders are charged
    assert [(offer["code"], round(float(offer["price"]["amount"]) * 100)) for offer in offers] == [
        ("van", int(asked["grams"]) + 300)
    ]


def test_without_its_variable_or_with_another_name_nothing_starts(tmp_path: Path, installed: str) -> None:
    ended = rushcart(tmp_path, "serve", PYTHONPATH=installed, RUSHCART_TAX_SERVICE="carrier")
    assert (ended.returncode, ended.stderr) == (2, "CARRIER_URL: the carrier needs it\n")
    ended = rushcart(tmp_path, "worker", PYTHONPATH=installed, RUSHCART_SHIPPING_SERVICE="nobody")
    assert ended.returncode == 2
    assert ended.stderr == "RUSHCART_SHIPPING_SERVICE: knows no nobody; there are carrier\n"
