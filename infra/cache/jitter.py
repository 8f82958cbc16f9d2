"""Lives spread a little, so that what was filled together does not end together."""

import random

SPREAD = 0.1


def spread(seconds: float) -> float:
    """Spread a time by a tenth more or less."""
    return seconds * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret
