"""What an answer was made from: noted by the caches themselves, whoever asked them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Noted:
    """The answer changes with ``tags``, and is not to be kept longer than ``longest`` seconds."""

    tags: set[str] = field(default_factory=set)
    longest: float = float("inf")


# Tasks inherit it: what a dataloader reads in its own task is noted for the request that it reads for.
_noted: ContextVar[Noted | None] = ContextVar("dependencies", default=None)


@contextmanager
def noting() -> Iterator[Noted]:
    """Note all that is read in the block."""
    noted = Noted()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def depend_on(tags: Iterable[str], *, at_most: float | None = None) -> None:
    """Say what changes that which is being made, and how long it is good for otherwise.

    The caches say it of their keys by themselves.
    """
    noted = _noted.get()
    if noted is not None:
        noted.tags.update(tags)
        if at_most is not None:
            noted.longest = min(noted.longest, at_most)
