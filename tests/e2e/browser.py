"""A real browser without a window: Debian's Chromium, which reaches nothing but this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.deb_program import installed

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
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
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
