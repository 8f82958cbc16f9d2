"""How often Python looks for garbage in cycles."""

import gc

_COLLECT_EVERY = 10_000
"""New objects that can be part of a cycle, more than the requests in flight hold."""


def collect_seldom() -> None:
    """Call before all else is imported: what imports make lives on; a fifth of a start went into looking at it.

    Later, every request in flight holds hundreds of objects: with Python's default of a collection each 700 they
    would all grow old, and each look at the old ones walks through everything there is.
    """
    gc.set_threshold(_COLLECT_EVERY, 20, 50)


def settle() -> None:
    """Call once all is imported and built: that lives as long as the process, so it is never looked at again."""
    gc.collect()
    gc.freeze()
    collect_seldom()
