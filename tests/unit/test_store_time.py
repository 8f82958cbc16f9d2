"""Limits that count a store's time, and none of what it is not to blame for."""

import asyncio
from itertools import count

import pytest

from infra.store_time import StoreTime
from tests import virtual_time


def test_who_gets_no_answer_waits_for_the_limit() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        for answers in (None, lambda: 7):
            begun = loop.time()
            with pytest.raises(TimeoutError):
                async with StoreTime(0.8, answers):
                    await asyncio.sleep(60)
            assert loop.time() - begun == pytest.approx(0.8)
        async with StoreTime(0.8):
            await asyncio.sleep(0.79)
        await asyncio.sleep(60)

    virtual_time.run(main())


def test_who_is_in_line_waits_longer_while_others_are_answered_but_not_for_ever() -> None:
    async def main() -> None:
        loop, answered = asyncio.get_running_loop(), count()
        for seconds, longest in ((0.8, 4.8), (4.0, 10.0), (30.0, 30.0)):
            begun = loop.time()
            with pytest.raises(TimeoutError):
                async with StoreTime(seconds, lambda: next(answered)):
                    await asyncio.sleep(60)
            assert loop.time() - begun == pytest.approx(longest)

    virtual_time.run(main())


def test_what_this_process_is_busy_with_is_not_the_stores_time() -> None:
    """Each turn of the loop takes a second, as for a process that a whole sale waits for."""

    async def busy() -> None:
        for _ in range(10):
            virtual_time.leap(1.0)
            await asyncio.sleep(0)

    async def busy_and_away() -> None:
        async with StoreTime(0.8):
            await busy()
            await asyncio.sleep(60)

    async def main() -> None:
        async with StoreTime(0.8):
            await busy()
        with pytest.raises(TimeoutError):
            await busy_and_away()

    virtual_time.run(main())


async def test_an_error_and_a_cancellation_are_their_own() -> None:
    with pytest.raises(ZeroDivisionError):
        async with StoreTime(60.0):
            raise ZeroDivisionError

    async def wait() -> None:
        async with StoreTime(60.0):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
