"""A real browser without a window: Debian's Chromium, which reaches nothing but this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from infra.stack.install import can_install, install_packages

_PACKAGES: Final = ("chromium", "chromium-driver")
_PROGRAMS: Final = ("chromium", "chromedriver")
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


def have_browser() -> None:
    """Install it where that is possible. Skips the test where there is none, unless CI is set."""
    if all(map(shutil.which, _PROGRAMS)):
        return
    if can_install():
        install_packages(_PACKAGES, print)
        return
    reason = f"this test needs {' and '.join(_PROGRAMS)}"
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@contextmanager
def browser(home: Path) -> Iterator[Chrome]:
    """``home`` is its profile's."""
    options = ChromeOptions()
    for flag in (*_FLAGS, f"--user-data-dir={home}"):
        options.add_argument(flag)
    chromium, driver = map(shutil.which, _PROGRAMS)
    assert chromium is not None
    options.binary_location = chromium
    opened = Chrome(options, ChromeService(driver))
    try:
        opened.set_page_load_timeout(30)
        yield opened
    finally:
        opened.quit()
