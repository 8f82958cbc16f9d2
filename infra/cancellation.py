"""Whose cancellation it is: ours, or one that leaked out of a library."""

import asyncio


def is_cancelled() -> bool:
    """True when it is the current task that was told to stop, or ran out of an ``asyncio.timeout``.

    For an ``except asyncio.CancelledError``: a library that cancels tasks of its own and then awaits them lets the
    same exception out, and passed on it would end our task without a word.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
