"""GraphiQL in a real browser without any session: a stranger signs in, buys, pays and watches, by clicks."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import element_to_be_clickable

from settings import Settings
from tests.e2e.browser import browser, do, press, shows, wait
from tests.e2e.shop import PASSWORD, Person, Shop
from tests.modes import ONE_MODE

# Chromium may have to be installed first.
pytestmark = [pytest.mark.timeout(400), ONE_MODE]
VARIABLES = "section[aria-label='Variables'] .view-lines"
ANSWER = ".graphiql-response .view-lines"
WHO = ".rushcart-who"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile")) as chrome:
        chrome.set_window_size(1400, 1000)
        yield chrome


@pytest.fixture
def chrome(opened: Chrome) -> Iterator[Chrome]:
    """One for all: servers have ports of their own, and so what pages keep; cookies are those of all ports."""
    yield opened
    opened.delete_all_cookies()
    opened.get("about:blank")


@pytest.fixture
def cookies() -> bool:
    return True


@pytest.fixture
def lifetime() -> float:
    return 600.0


@pytest.fixture
async def settings(settings: Settings, cookies: bool, lifetime: float) -> Settings:
    changes = {"session_cookies": cookies, "access_token_ttl": lifetime, "payment_providers": ("sandbox",)}
    return settings.model_copy(update=changes)


def sign_in(chrome: Chrome, person: Person) -> None:
    press(chrome, ".rushcart-session button")
    for name, text in (("email", person.email), ("password", PASSWORD)):
        chrome.find_element(By.CSS_SELECTOR, f".rushcart-sign-in input[type={name}]").send_keys(text)
    press(chrome, ".rushcart-sign-in button[type=submit]")
    shows(chrome, WHO, person.email)


def run(chrome: Chrome, tab: str, variables: str, answer: str) -> None:
    """Opens the tab, sees these variables, presses ▶ and sees this answer."""
    chrome.find_element(By.XPATH, f"//button[contains(@class, 'graphiql-tab-button')][.='{tab}']").click()
    shows(chrome, VARIABLES, variables)
    press(chrome, ".graphiql-execute-button")
    shows(chrome, ANSWER, answer)


def approve(chrome: Chrome) -> None:
    """On the page of the link in the answer."""
    first = chrome.current_window_handle
    link = wait(chrome).until(lambda seen: seen.find_element(By.CSS_SELECTOR, f"{ANSWER} .detected-link"))
    ActionChains(chrome).key_down(Keys.CONTROL).click(link).key_up(Keys.CONTROL).perform()
    wait(chrome).until(lambda seen: len(seen.window_handles) == 2)
    [page] = set(chrome.window_handles) - {first}
    chrome.switch_to.window(page)
    press(chrome, ".approve")
    wait(chrome).until(lambda seen: "/sandbox/" not in seen.current_url)
    chrome.switch_to.window(first)


def read_docs(chrome: Chrome) -> None:
    press(chrome, "[aria-label='Show Documentation Explorer']")
    for link in ("Mutation", "createProduct"):
        path = (By.XPATH, f"//*[contains(@class, 'graphiql-doc-explorer')]//a[.='{link}']")
        wait(chrome).until(element_to_be_clickable(path)).click()
    shows(chrome, ".graphiql-doc-explorer", "For STAFF, or a role or service token with CATALOG_WRITE.")


@pytest.mark.usefixtures("worker")
async def test_a_stranger_signs_in_buys_pays_and_watches(shop: Shop, chrome: Chrome) -> None:
    offer, ada = await shop.offer(await shop.staff()), await shop.customer()
    await do(
        chrome,
        lambda seen: seen.get(shop.server.url),
        partial(run, tab="FindItem", variables='"first": 5', answer=offer.sku),
        partial(run, tab="Buy", variables=offer.item_id, answer="UNAUTHENTICATED"),
        partial(sign_in, person=ada),
        partial(run, tab="Buy", variables=offer.item_id, answer='"ACCEPTED"'),
        partial(run, tab="Pay", variables='"orderId": "T3JkZXI6', answer='"PENDING"'),
        partial(run, tab="WatchOrder", variables='"orderId": "T3JkZXI6', answer='"AWAITING_PAYMENT"'),
        approve,
        partial(shows, selector=ANSWER, text='"PAID"'),
        partial(press, selector="[aria-label='Show GraphiQL Explorer']"),
        partial(shows, selector=".graphiql-explorer-root", text="flashSaleRemaining"),
        read_docs,
    )
    kept = chrome.execute_script("return JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "eyJ" not in kept, "a token where scripts can read it"
    log: list[dict[str, str]] = chrome.get_log("browser")  # type: ignore[no-untyped-call]
    assert not [line for line in log if "Content Security Policy" in line["message"]]
    await do(
        chrome,
        lambda seen: seen.refresh(),
        partial(shows, selector=WHO, text=ada.email),
        partial(shows, selector=VARIABLES, text='"orderId": "T3JkZXI6'),
        partial(press, selector=".rushcart-session button"),
        partial(shows, selector=".rushcart-session button", text="Sign in"),
    )
    assert [one["name"] for one in chrome.get_cookies()] == []


@pytest.mark.parametrize("lifetime", [2.0])
@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "tokens"])
async def test_the_session_is_renewed_before_it_ends(shop: Shop, chrome: Chrome, cookies: bool) -> None:
    ada = await shop.customer()

    def token(seen: Chrome) -> object:
        if cookies:
            return (seen.get_cookie("rushcart_access") or {}).get("value")
        return seen.execute_script("return JSON.parse(sessionStorage['rushcart:session']).token")

    await do(chrome, lambda seen: seen.get(shop.server.url), partial(sign_in, person=ada))
    for _ in range(2):
        before = token(chrome)
        assert before
        await asyncio.to_thread(
            wait(chrome).until, lambda seen, before=before: token(seen) not in (before, None), "not renewed"
        )
        assert chrome.find_element(By.CSS_SELECTOR, WHO).text == ada.email
