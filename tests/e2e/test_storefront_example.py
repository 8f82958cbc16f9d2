"""Two terminals and a browser: `make run`, `make storefront`, and a stranger who buys within two minutes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable

from infra.ports import free_port
from tests import node_program
from tests.e2e.browser import browser, press, shows, wait
from tests.e2e.running import MAKE_RUN, Ready, Running

# Packages and Chromium may have to be installed first.
pytestmark = pytest.mark.timeout(600)
TWO_MINUTES: Final = 120


@contextmanager
def storefront(home: Path) -> Iterator[tuple[Ready, str]]:
    """The shop, and where its storefront is: started as the README says."""
    shop_port, port = free_port(), free_port()
    url = f"http://localhost:{port}"
    settings = {"RUSHCART_PORT": str(shop_port), "STOREFRONT": url, "SITE": str(home / "site")}
    settings["VITE"] = "--bypass-lock"  # somebody may have theirs open
    with (
        Running(home / "shop", command=MAKE_RUN, settings=settings) as shop,
        Running(home / "front", command=("make", "--silent", "storefront"), settings=settings) as front,
    ):
        ready = shop.ready()
        assert f"\nstorefront {url} once you run, beside this: make storefront\n" in shop.out
        front.says(url, home / "front.out")
        yield ready, url


def fill(chrome: Chrome, **fields: str) -> None:
    for name, text in fields.items():
        wait(chrome).until(element_to_be_clickable((By.NAME, name)), name).send_keys(text)


def test_a_stranger_buys_within_two_minutes(tmp_path: Path) -> None:
    node_program.install()
    with browser(tmp_path / "profile") as chrome:
        begun = time.monotonic()
        with storefront(tmp_path) as (ready, url):
            chrome.get(url)
            press(chrome, ".hero .button")
            press(chrome, ".item .button")
            fill(chrome, displayName="Ada", email="ada@example.com", password="correct horse battery")
            press(chrome, "form.sheet button")
            press(chrome, ".item .buy")
            shows(chrome, ".order h1", "It is yours")
            press(chrome, ".order .buy")
            press(chrome, ".approve")
            shows(chrome, ".order[data-status=PAID] h1", "Paid")
            assert time.monotonic() - begun < TWO_MINUTES
            fills_a_cart(chrome, url)
            assert_nothing_was_logged(chrome)
            token = ready.sign_in("ada@example.com", "correct horse battery")
            mine = ready.ask("{ me { orders { edges { node { status total { amount } } } } } }", token=token)
            orders = [edge["node"] for edge in mine["me"]["orders"]["edges"]]
            assert orders == [
                {"status": "PAID", "total": {"amount": "49.00"}}, {"status": "PAID", "total": {"amount": "9.90"}}
            ]  # fmt: skip


def test_it_is_of_this_schema() -> None:
    """Strictly typed, what it asks for too."""
    node_program.install()
    node_program.run("npm", "run", "--silent", "check", "-w", "examples/storefront")


def fills_a_cart(chrome: Chrome, url: str) -> None:
    """From the search to the receipt, by way of an address that lacks something."""
    fill(chrome, q="scarf\n")
    press(chrome, ".card a")
    press(chrome, ".product .add button")
    press(chrome, "main .notice a")
    press(chrome, "main .button")
    fill(chrome, phone="2025550143", line1="1 Long Street", city="Boston", postalCode="02118")
    press(chrome, ".address button")
    shows(chrome, "[role=alert]", "is needed for US")
    fill(chrome, region="MA")
    press(chrome, ".address button")
    shows(chrome, ".charges", "49.00")
    press(chrome, ".narrow > .buy")
    press(chrome, ".approve")
    shows(chrome, ".order[data-status=PAID] h1", "Paid")
    chrome.get(f"{url}/account")
    shows(chrome, ".lines li:nth-child(2)", "Rush Tee")


def assert_nothing_was_logged(chrome: Chrome) -> None:
    entries = chrome.execute("getLog", {"type": "browser"})["value"]
    assert [entry["message"] for entry in entries if entry["level"] == "SEVERE"] == []
