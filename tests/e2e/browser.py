"""A real browser without a window: Debian's Chromium, which reaches nothing but this machine."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import (
    element_to_be_clickable,
    text_to_be_present_in_element,
)
from selenium.webdriver.support.wait import WebDriverWait

from tests.deb_program import installed

Do = Callable[[Chrome], Any]
_PACKAGES: Final = ("chromium", "chromium-driver")
# In a container Chromium has neither its sandbox nor much shared memory; it is to open pages of ours alone.
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def browser(home: Path) -> Iterator[Chrome]:
    """``home`` is its profile's. Skips the test where there is no browser, unless CI is set."""
    driver, chromium = (installed(program, *_PACKAGES) for program in ("chromedriver", "chromium"))
    options = ChromeOptions()
    for flag in (*_FLAGS, f"--user-data-dir={home}"):
        options.add_argument(flag)
    options.binary_location = chromium
    opened = Chrome(options, ChromeService(driver))
    try:
        opened.set_page_load_timeout(30)
        yield opened
    finally:
        opened.quit()


def press(chrome: Chrome, selector: str) -> None:
    wait(chrome).until(element_to_be_clickable((By.CSS_SELECTOR, selector))).click()


def fill(chrome: Chrome, **fields: str) -> None:
    """Types into fields by their names."""
    for name, text in fields.items():
        wait(chrome).until(element_to_be_clickable((By.NAME, name)), name).send_keys(text)


def shows(chrome: Chrome, selector: str, text: str) -> None:
    wait(chrome).until(
        text_to_be_present_in_element((By.CSS_SELECTOR, selector), text), f"no {text} in {selector}"
    )


def wait(chrome: Chrome) -> WebDriverWait[Chrome]:
    return WebDriverWait(chrome, 20, 0.05)


async def do(chrome: Chrome, *steps: Do) -> None:
    """Selenium waits in a thread: the server is in this one."""
    for step in steps:
        await asyncio.to_thread(step, chrome)
