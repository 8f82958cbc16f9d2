import pytest


@pytest.fixture(autouse=True)
def soon(settles_soon: None) -> None:
    """Counters are loaded in many of these tests."""
