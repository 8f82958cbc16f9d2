"""Cut work off in the middle, at a chosen await: as when its process is told to die there."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class CutOff(Exception):
    """It did not come to its end; what it had begun may be done or not."""


async def cut_off(work: Coroutine[Any, Any, T], after: int) -> T:
    """Run ``work`` up to its ``after``-th wait for something, and no further; less than that, and it is done."""
    task = asyncio.create_task(_counting(work, after))
    try:
        return await task
    except asyncio.CancelledError:
        if task.cancelled():
            raise CutOff from None
        raise


async def _counting(work: Coroutine[Any, Any, T], after: int) -> T:
    return await _count(work, after)


@coroutine
def _count(work: Coroutine[Any, Any, T], after: int) -> Generator[Any, Any, T]:
    waits, failure = 0, None
    while True:
        try:
            waited_for = work.send(None) if failure is None else work.throw(failure)
        except StopIteration as end:
            result: T = end.value
            return result
        waits, failure = waits + 1, None
        if waits == after:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield waited_for
        except BaseException as error:
            failure = error
