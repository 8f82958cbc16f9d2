"""Who has begun something goes on first; who begins is sent away before anything is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.ranked_turns import NoTurn, Rank, RankedTurns, Share
from tests import virtual_time

PATIENT = {rank: Share(4 if rank < Rank.BEGIN else 2, 1000.0) for rank in Rank}


class Crowd:
    def __init__(self, turns: RankedTurns, takes: float = 1.0) -> None:
        self._turns = turns
        self._takes = takes
        self.under_way = 0
        self.most = 0
        self.had: list[Rank] = []
        self.sent_away: list[tuple[Rank, float]] = []

    async def come(self, rank: Rank) -> None:
        loop = asyncio.get_running_loop()
        if not self._turns.enter(rank):
            try:
                await self._turns.wait(rank)
            except NoTurn as error:
                self.sent_away.append((rank, error.retry_after))
                return
        begun = loop.time()
        self.had.append(rank)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self._takes)
        finally:
            self.under_way -= 1
            self._turns.leave(rank, loop.time() - begun)

    async def all(self, *ranks: Rank) -> None:
        await asyncio.gather(*map(self.come, ranks))


def run(main: Coroutine[Any, Any, None]) -> None:
    virtual_time.run(main)


def test_who_finishes_goes_before_who_looks_who_begins_and_who_browses() -> None:
    crowd = Crowd(RankedTurns(PATIENT))
    first = (Rank.FINISH,) * 4
    run(crowd.all(*first, Rank.BROWSE, Rank.BEGIN, Rank.LOOK, Rank.FINISH, Rank.LOOK))
    assert crowd.had == [*first, Rank.FINISH, Rank.LOOK, Rank.LOOK, Rank.BEGIN, Rank.BROWSE]
    assert crowd.sent_away == []


def test_who_browses_never_takes_the_room_of_who_pays() -> None:
    crowd = Crowd(RankedTurns(PATIENT))
    run(crowd.all(*(Rank.BROWSE,) * 9, Rank.FINISH, Rank.FINISH))
    assert crowd.had[:4] == [Rank.BROWSE, Rank.BROWSE, Rank.FINISH, Rank.FINISH]
    assert crowd.most == 4


def test_the_lowest_are_sent_away_first_and_come_back_when_they_were_told() -> None:
    shares = {rank: Share(4, 8.0 - 2 * rank) for rank in Rank}

    async def main() -> None:
        crowd = Crowd(RankedTurns(shares), takes=4.0)
        for _ in range(10):  # until it is known how long they take
            await crowd.all(*(Rank.LOOK,) * 4)
        crowd.had.clear()
        await crowd.all(*(Rank.LOOK,) * 8, *(Rank.BROWSE,) * 4)
        assert crowd.had == [Rank.LOOK] * 8
        waits = [wait for rank, wait in crowd.sent_away if rank is Rank.BROWSE]
        assert len(waits) == len(crowd.sent_away) == 4
        assert waits == sorted(set(waits))
        assert 4.0 < waits[0] < waits[-1] < 8.0

    run(main())


def test_nothing_is_begun_while_what_was_begun_takes_too_long_to_finish() -> None:
    async def main() -> None:
        crowd = Crowd(RankedTurns({rank: Share(100, 3.0) for rank in Rank}), takes=10.0)
        early = asyncio.create_task(crowd.all(*(Rank.FINISH,) * 20))
        await asyncio.sleep(5.0)
        late = asyncio.create_task(crowd.all(*(Rank.FINISH,) * 20))
        await early
        await crowd.all(Rank.BEGIN, Rank.LOOK, Rank.BROWSE, Rank.FINISH)
        await late
        assert [rank for rank, _ in crowd.sent_away] == [Rank.BEGIN, Rank.BROWSE]
        assert all(3.0 < wait < 10.0 for _, wait in crowd.sent_away)
        await crowd.come(Rank.BEGIN)  # nobody is behind any more
        assert crowd.had[-1] is Rank.BEGIN

    run(main())


STEPS = st.lists(
    st.tuples(st.sampled_from(("come", "cancel", "pass")), st.sampled_from(Rank), st.integers(0, 9)), max_size=40
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_no_turn_is_lost_whoever_gives_up(steps: list[tuple[str, Rank, int]]) -> None:
    async def main() -> None:
        turns = RankedTurns(PATIENT)
        crowd, tasks = Crowd(turns), list[asyncio.Task[None]]()
        for what, rank, number in steps:
            if what == "come":
                tasks.append(asyncio.create_task(crowd.come(rank)))
            elif what == "cancel" and tasks:
                tasks[number % len(tasks)].cancel()
            else:
                await asyncio.sleep(number / 4)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert crowd.most <= 4
        assert [turns.enter(Rank.FINISH) for _ in range(5)] == [True] * 4 + [False]

    run(main())
