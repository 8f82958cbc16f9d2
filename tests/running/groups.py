"""Groups of tests: a file in a mode stays together, as its fixtures may be shared."""

from typing import Final

BREAKING: Final = "tests/chaos"
"""They stop and kill stores, which only the first worker has all to itself; all its files share one fleet."""
# Those that take more than some seconds, the longest first (`make test ARGS="--durations=0"`).
_LONG: Final = (BREAKING,)
_PLACES: Final = {group: place for place, group in enumerate(_LONG)}


def group_of(nodeid: str) -> str:
    file, _, test = nodeid.partition("::")
    if file.startswith(f"{BREAKING}/"):
        return BREAKING
    return f"{file} on the stack" if "[stack" in test else file


def rank(nodeid: str) -> int:
    """The place of a test's group: what takes longest begins first, so that no worker is left alone with it."""
    return _PLACES.get(group_of(nodeid), len(_PLACES))
