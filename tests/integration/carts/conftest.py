from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from services.cart import write_out
from services.cart.rules import Owner
from settings import Settings
from tests.modes import Template, fresh_stores


@pytest.fixture
async def settings(template: Template, tmp_path: Path) -> AsyncIterator[Settings]:
    """On a machine that may be busy: slow is not the same as down."""
    async with fresh_stores(template, tmp_path) as fresh:
        yield fresh.model_copy(update={"store_timeout": 5.0, "cart_lines": 5, "cart_line_quantity": 50})


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
