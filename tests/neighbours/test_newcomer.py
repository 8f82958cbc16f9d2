"""A stranger's first hour, from a clean clone: README, GraphiQL, the storefront, a program of one's own."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from infra.ports import free_port
from tests import node_program
from tests.e2e.browser import browser, fill, press, shows
from tests.e2e.running import ROOT, Ready, Running
from tests.neighbours.sdks import call, pip_install

# Everything is installed as if for the first time.
pytestmark = pytest.mark.timeout(1200)
PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Clone:
    """A shop that runs in it; ``variables`` are those of both terminals."""

    folder: Path
    shop: Ready
    front: str
    variables: dict[str, str]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    node_program.need_npm()
    place = tmp_path_factory.mktemp("newcomer")
    folder, front = place / "rushcart", f"http://localhost:{free_port()}"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    variables = {"RUSHCART_PORT": str(free_port()), "STOREFRONT": front}
    command = ("make", "--silent", "run")
    with Running(place / "home", command=command, settings=variables, folder=folder, within=300) as shop:
        yield Clone(folder, shop.ready(), front, variables)


def test_the_line_that_was_printed_buys(clone: Clone) -> None:
    assert clone.shop.buy()["status"] == "ACCEPTED"


def test_graphiql(clone: Clone, tmp_path: Path) -> None:
    """Its tabs, in their order."""
    with browser(tmp_path / "profile") as chrome:
        chrome.set_window_size(1400, 1000)
        chrome.get(clone.shop.graphql)
        press(chrome, ".rushcart-session button")
        press(chrome, ".rushcart-sign-in button[type=submit]")
        shows(chrome, ".rushcart-who", clone.shop.customer[0])
        for tab, answer in (("FindItem", "endsAt"), ("Buy", '"ACCEPTED"'), ("Pay", '"PENDING"')):
            run(chrome, tab, answer)


def run(chrome: Chrome, tab: str, answer: str) -> None:
    chrome.find_element(By.XPATH, f"//button[contains(@class, 'graphiql-tab-button')][.='{tab}']").click()
    press(chrome, ".graphiql-execute-button")
    shows(chrome, ".graphiql-response .view-lines", answer)


def test_the_storefront(clone: Clone, tmp_path: Path) -> None:
    command = ("make", "--silent", "storefront")
    settings = {**clone.variables, "NO_COLOR": "1"}
    home = tmp_path / "front"
    with Running(home, command=command, settings=settings, folder=clone.folder, within=300) as front:
        front.says(clone.front, tmp_path / "front.out")
        with browser(tmp_path / "profile") as chrome:
            chrome.get(clone.front)
            press(chrome, ".hero .button")
            press(chrome, ".item .button")
            fill(chrome, displayName="Ada", email="ada@example.com", password=PASSWORD)
            press(chrome, "form.sheet button")
            press(chrome, ".item .buy")
            press(chrome, ".order .buy")
            press(chrome, ".approve")
            shows(chrome, ".order[data-status=PAID] h1", "Paid")


def test_a_program_of_ones_own(clone: Clone, tmp_path: Path) -> None:
    """The client's package, installed, and the example that is written with it."""
    pip_install(tmp_path, str(clone.folder / "clients" / "python"))
    example = clone.folder / "examples" / "python_buyer" / "buy.py"
    told = call(tmp_path, "venv/bin/python", str(example), clone.shop.graphql.removesuffix("/graphql"))
    assert re.search(r": order \S+ is (?:ACCEPTED|AWAITING_PAYMENT)$", told, re.MULTILINE), told
