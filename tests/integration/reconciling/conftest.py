import pytest


@pytest.fixture
def store_timeout() -> float:
    """Counters are loaded when twice this time has passed."""
    return 1.5
