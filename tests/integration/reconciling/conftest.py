import pytest

from services.flash_sale import next_orders
from services.reconcile import find_suspects


@pytest.fixture(autouse=True)
def soon(settles_soon: None) -> None:
    """Counters are loaded in many of these tests."""


@pytest.fixture(params=["whole", "page by page"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a small item is looked at, and as a big one, of which a page is two orders."""
    if request.param == "page by page":
        monkeypatch.setattr(find_suspects, "BIG", 0)
        monkeypatch.setattr(next_orders, "PAGE", 2)
