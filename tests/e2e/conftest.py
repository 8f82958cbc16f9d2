"""End to end on a machine that may be busy with other things: slow is not the same as down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.modes import Template, fresh_stores

PATIENCE = 5.0


@pytest.fixture
async def settings(template: Template, tmp_path: Path) -> AsyncIterator[Settings]:
    async with fresh_stores(template, tmp_path) as fresh:
        yield fresh.model_copy(update={"store_timeout": PATIENCE})
