"""A person in a real browser: from the cart to the receipt, by way of the sandbox's page."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from settings import Settings
from tests.app_server import serving
from tests.e2e.browser import browser, do, press, shows
from tests.e2e.shop import CREATE, Person, Shop
from tests.mailbox import Mailbox, html_of
from tests.modes import ONE_MODE

STOREFRONT: Final = Path(__file__).parent / "storefront.html"
# Chromium may have to be installed first.
pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("worker"), ONE_MODE]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
async def storefront() -> AsyncIterator[str]:
    """Its address; another origin than the server's."""
    page = STOREFRONT.read_text()

    async def show(_request: Request) -> HTMLResponse:
        return HTMLResponse(page)

    async with serving(Starlette(routes=[Route("/", show)])) as url:
        yield url


@pytest.fixture
async def settings(settings: Settings, storefront: str) -> Settings:
    changes = {"storefront_url": f"{storefront}/", "cors_origins": (storefront,)}
    return settings.model_copy(update=changes | {"payment_providers": ("sandbox",)})


async def at_the_bank(shop: Shop, chrome: Chrome, storefront: str) -> Person:
    """The cart has two of something, and the sandbox's page is open."""
    staff, ada = await shop.staff(), await shop.customer()
    variant = {"sku": "MUG", "price": "9.95", "currencyCode": "EUR", "quantity": 5}
    made = await shop.ask(CREATE, {"input": {"title": "A mug", "variants": [variant]}}, staff)
    variant_id = made["createProduct"]["variants"][0]["id"]
    await asyncio.to_thread(
        shop_in, chrome, f"{storefront}/#server={shop.server.url}&token={ada.token}&variant={variant_id}"
    )
    return ada


def shop_in(chrome: Chrome, address: str) -> None:
    chrome.get("about:blank")
    chrome.get(address)
    press(chrome, "#add")
    shows(chrome, "#cart", "2 in the cart")
    press(chrome, "#pay")
    shows(chrome, "h1", "Sandbox payment")
    shows(chrome, ".amount", "19.90 EUR")


async def test_from_the_cart_to_the_receipt(
    shop: Shop, chrome: Chrome, storefront: str, settings: Settings
) -> None:
    ada = await at_the_bank(shop, chrome, storefront)
    page = chrome.current_url
    mails = Mailbox(settings.home)
    approve, paid = partial(press, selector=".approve"), partial(shows, selector="#order", text="PAID")
    await do(chrome, approve, paid, partial(shows, selector="#order", text="payment CAPTURED"))
    number = chrome.find_element(By.ID, "order").text.split()[1].rstrip(":")
    receipt = await mails.get(ada.email, f"Receipt for your order {number}")
    assert "19.90" in html_of(receipt)
    await do(
        chrome, lambda seen: seen.get(page), partial(shows, selector="main", text="This payment is captured.")
    )
    assert not chrome.find_element(By.CSS_SELECTOR, ".approve").is_displayed()
    await do(chrome, partial(press, selector="main a"), paid)


async def test_declined_by_keyboard(shop: Shop, chrome: Chrome, storefront: str) -> None:
    await at_the_bank(shop, chrome, storefront)

    def decline(seen: Chrome) -> None:
        seen.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB, Keys.TAB)
        assert seen.switch_to.active_element.text == "Decline"
        seen.switch_to.active_element.send_keys(Keys.ENTER)

    await do(chrome, decline, partial(shows, selector="#order", text="AWAITING_PAYMENT, payment FAILED"))


async def test_what_may_go_wrong_can_be_chosen(shop: Shop, chrome: Chrome, storefront: str) -> None:
    """Another amount is taken: it is held, and the order waits."""
    await at_the_bank(shop, chrome, storefront)

    def take_less(seen: Chrome) -> None:
        press(seen, "summary")
        seen.find_element(By.NAME, "amount").send_keys("5.00")
        seen.find_element(By.CSS_SELECTOR, "option[value=twice]").click()
        press(seen, ".approve")

    await do(chrome, take_less, partial(shows, selector="#order", text="AWAITING_PAYMENT, payment CAPTURED"))
