"""Two terminals and a browser: `make run`, `make storefront`, and a stranger who buys within two minutes."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable

from infra.ports import free_port
from tests import node_program
from tests.e2e.browser import browser, fill, press, shows, wait
from tests.e2e.running import MAKE_RUN, Ready, Running
from tests.mailbox import Mailbox, text_of

# Packages and Chromium may have to be installed first.
pytestmark = pytest.mark.timeout(600)
TWO_MINUTES: Final = 120
EMAIL: Final = "ada@example.com"
GUEST: Final = "bob@example.com"
PASSWORD: Final = "correct horse battery"
# The access token is about to end, as the client has noted it.
AS_IF_LATER: Final = """
  const session = JSON.parse(localStorage["rushcart.session"]);
  session.accessTokenExpiresAt = new Date().toISOString();
  localStorage["rushcart.session"] = JSON.stringify(session);
"""
ROOM: Final = """mutation ($input: SetWaitingRoomInput!) {
  setWaitingRoom(input: $input) { __typename ... on Error { message } } }"""


@dataclass(frozen=True, slots=True)
class Started:
    """``variables`` are those of both terminals; ``front`` is where the storefront is to be."""

    shop: Ready
    front: str
    variables: dict[str, str]
    home: Path
    at: float


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The shop, as `make run` starts it. npm's packages are there."""
    node_program.install()
    home = tmp_path_factory.mktemp("shop") / "home"
    front, begun = f"http://localhost:{free_port()}", time.monotonic()
    variables = {"RUSHCART_PORT": str(free_port()), "STOREFRONT": front}
    with Running(home, command=MAKE_RUN, settings=variables) as shop:
        ready = shop.ready()
        assert f"\nstorefront {front} once you run, beside this: make storefront\n" in shop.out
        yield Started(ready, front, variables, home, begun)


def test_a_stranger_buys_within_two_minutes(started: Started, tmp_path: Path) -> None:
    with browser(tmp_path / "profile") as chrome, storefront(started, tmp_path):
        chrome.get(started.front)
        press(chrome, ".hero .button")
        press(chrome, ".item .button")
        fill(chrome, displayName="Ada", email=EMAIL, password=PASSWORD)
        press(chrome, "form.sheet button")
        press(chrome, ".item .buy")
        shows(chrome, ".order h1", "It is yours")
        press(chrome, ".order .buy")
        press(chrome, ".approve")
        shows(chrome, ".order[data-status=PAID] h1", "Paid")
        assert time.monotonic() - started.at < TWO_MINUTES
        fills_a_cart(chrome)
        chrome.execute_script(AS_IF_LATER)
        chrome.get(f"{started.front}/account")
        shows(chrome, ".lines li:nth-child(2)", "Rush Tee")
        assert_was_renewed(chrome)
        waits_in_line(chrome, started)
        follows_a_mail(chrome, started)
        buys_as_a_guest(chrome, started)
        assert_nothing_was_logged(chrome)
    token = started.shop.sign_in(EMAIL, PASSWORD)
    mine = started.shop.ask("{ me { emailVerified orders { edges { node { status } } } } }", token=token)["me"]
    statuses = [edge["node"]["status"] for edge in mine["orders"]["edges"]]
    assert statuses == ["AWAITING_PAYMENT", "PAID", "PAID"]
    assert mine["emailVerified"]


def test_it_is_of_this_schema() -> None:
    """Strictly typed, what it asks for too."""
    node_program.install()
    node_program.run("npm", "run", "--silent", "check", "-w", "examples/storefront")


def test_the_clients_own_tests(started: Started) -> None:
    told = node_program.run("npm", "test", "-w", "clients/typescript", SHOP_URL=started.shop.graphql)
    assert re.search(r"^(?:#|ℹ) pass [1-9]\d*$", told, re.MULTILINE), told
    assert re.search(r"^(?:#|ℹ) skipped 0$", told, re.MULTILINE), told


@contextmanager
def storefront(started: Started, folder: Path) -> Iterator[None]:
    """Built and served as the README says, though into another folder: somebody may have theirs open."""
    others = {"SITE": str(folder / "site"), "VITE": "--bypass-lock", "NO_COLOR": "1"}
    variables = {**started.variables, **others}
    with Running(folder / "front", command=("make", "--silent", "storefront"), settings=variables) as front:
        front.says(started.front, folder / "front.out")
        yield


def fills_a_cart(chrome: Chrome) -> None:
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


def waits_in_line(chrome: Chrome, started: Started) -> None:
    press(chrome, ".brand")
    wait(chrome).until(element_to_be_clickable((By.CSS_SELECTOR, ".hero .button")))
    sale_id = urlsplit(str(chrome.find_element(By.CSS_SELECTOR, ".hero .button").get_attribute("href"))).path
    let_in(started, sale_id.rpartition("/")[2], 1)
    press(chrome, ".hero .button")
    press(chrome, ".line button")
    shows(chrome, "main .notice", "It is your turn")
    press(chrome, ".item .buy")
    shows(chrome, ".order h1", "It is yours")
    let_in(started, sale_id.rpartition("/")[2], None)


def let_in(started: Started, sale_id: str, a_second: int | None) -> None:
    """None: everybody."""
    staff = started.shop.sign_in(*started.shop.staff)
    answer = started.shop.ask(ROOM, {"input": {"saleId": sale_id, "admitPerSecond": a_second}}, staff)
    assert answer["setWaitingRoom"] == {"__typename": "FlashSale"}


def follows_a_mail(chrome: Chrome, started: Started) -> None:
    """The first: that which asks whether the address is hers."""
    link = re.search(rf"{started.front}/verify-email#token=\S+", text_of(Mailbox(started.home).to(EMAIL)[0]))
    assert link
    chrome.get(link[0])
    press(chrome, "main button")
    shows(chrome, ".notice", EMAIL)


def buys_as_a_guest(chrome: Chrome, started: Started) -> None:
    """In a session without an account; and paid by the link that is mailed, without any."""
    chrome.get(f"{started.front}/account")
    press(chrome, ".narrow .by button")
    press(chrome, ".hero .button")
    press(chrome, ".item .button")
    press(chrome, ".to-guest")
    fill(chrome, displayName="Bob", email=GUEST)
    press(chrome, "form.sheet button")
    fill(chrome, phone="2025550143", line1="2 Long Street", city="Boston", region="MA", postalCode="02118")
    press(chrome, ".address button")
    press(chrome, ".item .buy")
    shows(chrome, ".order h1", "It is yours")
    chrome.get(f"{started.front}/account")
    shows(chrome, ".sheet", "without an account")
    press(chrome, ".narrow .by button")
    wait(chrome).until(lambda _: _order_links(started))
    [link] = _order_links(started)
    chrome.get(link)
    shows(chrome, "address", "2 Long Street")
    press(chrome, ".order .buy")
    press(chrome, ".approve")
    shows(chrome, ".order[data-status=PAID] h1", "Paid")


def _order_links(started: Started) -> list[str]:
    mails = [mail for mail in Mailbox(started.home).to(GUEST) if "Your order" in mail["Subject"]]
    return re.findall(rf"{started.front}/order#token=\S+", "\n".join(map(text_of, mails)))


def assert_was_renewed(chrome: Chrome) -> None:
    """The session, by its cookie."""
    session = json.loads(chrome.execute_script('return localStorage["rushcart.session"]'))
    assert datetime.fromisoformat(session["accessTokenExpiresAt"]) > datetime.now(UTC) + timedelta(minutes=1)
    assert (session["accessToken"], session["refreshToken"]) == ("", "")


def assert_nothing_was_logged(chrome: Chrome) -> None:
    entries = chrome.execute("getLog", {"type": "browser"})["value"]
    assert [entry["message"] for entry in entries if entry["level"] == "SEVERE"] == []
