from collections.abc import AsyncIterator

import pytest

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from services.cart import write_out
from services.cart.rules import Owner
from settings import Settings


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cart_lines": 5, "cart_line_quantity": 50})


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_out, "PATIENCE", 5.0)


@pytest.fixture
def ada() -> Owner:
    return Owner.customer(new_id())


@pytest.fixture
async def other(settings: Settings, infra: Infra) -> AsyncIterator[Infra]:
    """Another process, as far as stores can tell."""
    async with open_infra(settings) as opened:
        yield opened
