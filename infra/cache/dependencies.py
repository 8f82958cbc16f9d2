"""Which cached things an answer was made from: noted by the caches themselves, whoever asked them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Tasks inherit it: what a dataloader reads in its own task is noted for the request that it reads for.
_noted: ContextVar[set[str] | None] = ContextVar("dependencies", default=None)


@contextmanager
def noting() -> Iterator[set[str]]:
    """The tags of all that is read in the block."""
    tags: set[str] = set()
    token = _noted.set(tags)
    try:
        yield tags
    finally:
        _noted.reset(token)


def depend_on(tags: Iterable[str]) -> None:
    """Say that what is being made changes with these. The caches say it of their keys by themselves."""
    noted = _noted.get()
    if noted is not None:
        noted.update(tags)
