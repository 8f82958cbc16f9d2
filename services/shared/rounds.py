"""What comes together about several things, each of which is to be dealt with in its order."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

T = TypeVar("T")


def rounds(asked: Iterable[T], of: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """Yields the first about each thing, then the second about each, and so on; ``of`` says what it is about."""
    by_thing: dict[Hashable, list[T]] = defaultdict(list)
    for one in asked:
        by_thing[of(one)].append(one)
    for at_once in zip_longest(*by_thing.values()):
        yield [one for one in at_once if one is not None]
