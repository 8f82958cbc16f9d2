import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from infra.turns import Full, Turns

FOREVER = 1000.0


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Who comes, who has had a turn, and who was sent away."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._tasks: list[asyncio.Task[Any]] = []
        self.had: list[str] = []
        self.sent_away: list[str] = []

    async def come(self, key: str, times: int = 1) -> list[asyncio.Task[Any]]:
        new = [asyncio.create_task(self._turn(key)) for _ in range(times)]
        self._tasks += new
        await settle()
        return new

    async def _turn(self, key: str) -> None:
        try:
            async with self._turns.turn(key):
                self.had.append(key)
        except Full:
            self.sent_away.append(key)

    async def end(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_keys_take_turns_however_many_of_one_wait() -> None:
    turns = Turns(1, FOREVER)
    crowd = Crowd(turns)
    async with turns.turn("busy"):
        await crowd.come("many", 3)
        await crowd.come("few")
        await crowd.come("one")
        assert crowd.had == []
    await crowd.end()
    assert crowd.had == ["many", "few", "one", "many", "many"]


async def test_who_has_most_waiting_makes_room_and_is_told_when_to_come_back() -> None:
    turns = Turns(1, 0.0)
    crowd = Crowd(turns)
    async with turns.turn("busy"):
        await crowd.come("many", 9)
        assert crowd.sent_away == ["many"]  # at once: eight wait
        await crowd.come("few", 2)
        assert crowd.sent_away == ["many"] * 3
        waits = []
        for _ in range(3):
            with pytest.raises(Full) as told:
                async with turns.turn("many"):
                    raise AssertionError("nobody gave a turn")
            waits.append(told.value.retry_after)
        # Behind those who wait, and each behind the one who was told before.
        assert 8 * 0.04 < waits[0] < waits[1] < waits[2] < 30
    await crowd.end()
    assert crowd.had == ["many", "few", "many", "few"] + ["many"] * 4


async def test_who_gives_up_waiting_takes_no_turn_and_loses_none() -> None:
    turns = Turns(1, FOREVER)
    crowd = Crowd(turns)
    async with turns.turn("busy"):
        [waiting] = await crowd.come("gone")
        [granted] = await crowd.come("gone too")
        await crowd.come("last")
        waiting.cancel()
    # The turn is the second one's by now, who does not know it yet.
    granted.cancel()
    await crowd.end()
    assert crowd.had == ["last"]
    async with asyncio.timeout(1), turns.turn("free again"):
        pass


async def test_some_at_once_and_no_more() -> None:
    turns = Turns(2, FOREVER)
    crowd = Crowd(turns)
    async with AsyncExitStack() as both:
        await both.enter_async_context(turns.turn("one"))
        async with turns.turn("two"):
            await crowd.come("three")
            assert crowd.had == []
        await settle()
        assert crowd.had == ["three"]
