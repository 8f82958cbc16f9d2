"""Cancellation: whose it is, ours or one that leaked out of a library; and one that arrives."""

import asyncio
from typing import Any

_AGAIN = 0.3


def is_cancelled() -> bool:
    """Returns whether it is the current task that was told to stop, or ran out of an ``asyncio.timeout``.

    For an ``except asyncio.CancelledError``: a library that cancels tasks of its own and then awaits them lets the
    same exception out, and passed on it would end our task without a word.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """End ``tasks``, whatever they return or raise. They are told again until they end, should a client in the
    middle of a command swallow the first."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
