"""For how long nobody's order was accepted, by the fault that was the reason."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Suffered(NamedTuple):
    """A fault, from its beginning until all was whole again, by ``time.monotonic()``."""

    name: str
    since: float
    until: float


def gaps_of(faults: Iterable[Suffered], accepted: Sequence[float]) -> dict[str, list[float]]:
    """Returns by fault: each time, the longest that no order was accepted for, in seconds.

    What is whole again may not sell yet (counters are loaded anew, say), so a fault is over with the first order
    after it; where the next has begun by then, it begins for this only then.
    """
    found: dict[str, list[float]] = defaultdict(list)
    sold = float("-inf")
    for fault in faults:
        begun = max(fault.since, sold)
        sold = _first(accepted, max(fault.until, begun))
        found[fault.name].append(_longest(accepted, begun, sold))
    return found


def _first(accepted: Sequence[float], after: float) -> float:
    """Returns when the first order was accepted from then on; that moment itself when none was."""
    at = bisect_left(accepted, after)
    return accepted[at] if at < len(accepted) else after


def _longest(accepted: Sequence[float], since: float, until: float) -> float:
    first, last = bisect_left(accepted, since), bisect_right(accepted, until)
    return max(after - before for before, after in pairwise([since, *accepted[first:last], until]))
