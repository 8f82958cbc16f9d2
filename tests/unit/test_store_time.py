"""Limits that count a store's time, and none of what it is not to blame for."""

import asyncio
from contextvars import copy_context
from functools import partial
from itertools import count

import pytest

from infra.store_time import (
    Silence,
    StoreTime,
    begin_patience,
    end_patience,
    is_silent,
    note_silence,
    share_patience,
)
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


async def waits(store: str, answers: object = None) -> float:
    """How long a call of the store waits that gets no answer."""
    begun = asyncio.get_running_loop().time()
    others = count() if answers else None
    with pytest.raises(TimeoutError):
        async with StoreTime(0.8, None if others is None else lambda: next(others), store=store):
            await asyncio.sleep(60)
    return asyncio.get_running_loop().time() - begun


def test_a_request_waits_once_for_each_store(monkeypatch: pytest.MonkeyPatch) -> None:
    async def request() -> list[float]:
        begin_patience()
        took = [await waits("redis"), await waits("redis"), await waits("database")]
        # A loader's task is of the same request.
        took.append(await asyncio.create_task(waits("database")))
        await asyncio.sleep(2)  # a subscription asks again
        return [*took, await waits("redis")]

    async def main() -> None:
        monkeypatch.setattr("infra.store_time.time.monotonic", asyncio.get_running_loop().time)
        expected = [pytest.approx(seconds) for seconds in (0.8, 0.0, 0.8, 0.0, 0.8)]
        for took in await asyncio.gather(request(), request()):
            assert took == expected
        assert [await waits("redis"), await waits("redis")] == [pytest.approx(0.8)] * 2  # outside of any request

    virtual_time.run(main())


def test_who_was_in_line_asks_again() -> None:
    """The store was there, and busy with others."""

    async def main() -> None:
        begin_patience()
        assert await waits("database", answers=True) == pytest.approx(4.8)
        assert not is_silent("database")
        assert await waits("database") == pytest.approx(0.8)
        assert is_silent("database")

    virtual_time.run(main())


def test_who_works_for_several_waits_unless_all_of_them_have() -> None:
    def request(*silent: str) -> None:
        begin_patience()
        for store in silent:
            note_silence(store)

    contexts = [copy_context() for _ in range(2)]
    contexts[0].run(request, "redis", "database")
    contexts[1].run(request, "database")
    share_patience(contexts)
    assert [contexts[0].run(is_silent, store) for store in ("redis", "database")] == [False, True]
    share_patience([copy_context()])
    begun = begin_patience()
    note_silence("redis")
    end_patience(begun)
    assert not is_silent("redis")


def test_who_doubts_after_a_silence_may_end_the_time() -> None:
    async def main() -> None:
        loop, doubted = asyncio.get_running_loop(), list[float]()

        def doubt(limit: StoreTime, *, is_there: bool) -> None:
            doubted.append(loop.time())
            if not is_there:
                loop.call_later(0.2, limit.end)

        for is_there, lasts in ((True, 1.6), (False, 0.8)):
            begun = loop.time()
            with pytest.raises(Silence):
                async with StoreTime(1.6, lambda: 7, doubt=(partial(doubt, is_there=is_there), 0.6)) as limit:
                    await asyncio.sleep(60)
            assert doubted.pop() - begun == pytest.approx(0.6)
            assert loop.time() - begun == pytest.approx(lasts)
            limit.end()  # too late
        answered = count()
        async with StoreTime(1.6, lambda: next(answered), doubt=(partial(doubt, is_there=False), 0.6)):
            await asyncio.sleep(3)
        assert not doubted

    virtual_time.run(main())
