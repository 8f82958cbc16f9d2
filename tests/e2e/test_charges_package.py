"""A carrier's package, installed beside the shop by the commands of its document, and asked by `rushcart dev`."""

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app_server import serving
from tests.carrier import CarrierServer
from tests.documents import ROOT
from tests.e2e.running import Running, rushcart

OFFERS = "{ shippingOffers { code price { amount } } }"
ADD = """mutation ($variant: ID!) { addCartItem(input: {variantId: $variant, quantity: 1, idempotencyKey: "k"}) {
  __typename } }"""
VARIANT = "{ products(first: 1) { edges { node { variants { id } } } } }"


def documented() -> tuple[list[str], dict[str, str], list[str]]:
    """What is shown: how to install it, the variables, and the command that is run with them."""
    text = (ROOT / "docs" / "charges.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    install, run = (shlex.split(line) for line in block.splitlines())
    given = [word.partition("=") for word in run if "=" in word]
    return install, {name: value for name, _, value in given}, run[len(given) :]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder that it is in: nothing is fetched, and our own environment stays as it is."""
    folder = str(tmp_path_factory.mktemp("installed"))
    install, _, _ = documented()
    assert install[:2] == ["pip", "install"]
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", folder]
    subprocess.run([sys.executable, "-m", *install, *offline], cwd=ROOT, check=True, capture_output=True)
    return folder


async def test_it_says_what_a_parcel_costs(tmp_path: Path, installed: str) -> None:
    _, given, command = documented()
    assert command == ["rushcart", "dev"]
    carrier = CarrierServer()
    async with serving(carrier.app) as url:
        settings = given | {"PYTHONPATH": installed, "CARRIER_URL": url, "RUSHCART_CHARGES_TIMEOUT": "10"}
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
