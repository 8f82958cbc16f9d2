import pytest

from settings import Settings


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 3.0})
