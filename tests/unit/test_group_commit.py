"""Requests that go together: each has its own answer, whatever becomes of the others."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import StoreUnavailable
from infra.group_commit import GroupCommit, Groups
from tests import virtual_time


class Shop:
    """Doubles numbers: a group is all or nothing. Those below 0 are refused, 13 spoils its group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.kept: list[int] = []
        self.open = asyncio.Event()
        self.open.set()
        self.is_away = False
        self.under_way = 0

    async def serve(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(numbers))
        self.under_way += 1
        assert self.under_way == 1
        try:
            await self.open.wait()
            await asyncio.sleep(0)
            if self.is_away:
                raise StoreUnavailable("database")
            if 13 in numbers:
                raise RuntimeError(numbers)
            self.kept += [number for number in numbers if number >= 0]
            return [number * 2 if number >= 0 else ValueError(number) for number in numbers]
        finally:
            self.under_way -= 1


async def test_what_comes_while_one_group_runs_is_the_next() -> None:
    shop = Shop()
    shop.open.clear()
    group = GroupCommit(shop.serve, most=3)
    first = asyncio.create_task(group.ask(1))
    while not shop.groups:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(group.ask(number)) for number in (2, -3, 4, 5)]
    await asyncio.sleep(0)
    shop.open.set()
    answers = await asyncio.gather(first, *rest, return_exceptions=True)
    assert (answers[:2], answers[3:]) == ([2, 4], [8, 10])
    assert isinstance(answers[2], ValueError)
    assert shop.groups == [[1], [2, -3, 4], [5]]


async def test_those_whom_the_next_turns_bring_go_with_the_first() -> None:
    shop = Shop()
    group = GroupCommit(shop.serve, most=5)

    async def later(number: int, turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await group.ask(number)

    late = (0, 0, 1, 2, 7)
    assert await asyncio.gather(*(later(number, turns) for number, turns in enumerate(late))) == [0, 2, 4, 6, 8]
    assert shop.groups == [[0, 1, 2, 3], [4]]


async def test_several_groups_may_be_under_way() -> None:
    under_way: list[list[str]] = []
    go = asyncio.Event()

    async def serve(requests: Sequence[str]) -> Sequence[str]:
        under_way.append(list(requests))
        await go.wait()
        return requests

    group, asked = GroupCommit(serve, most=2, at_once=2), []
    for turn in ("ab", "c", "def", "g"):
        asked += [asyncio.create_task(group.ask(who)) for who in turn]
        for _ in range(5):
            await asyncio.sleep(0)
    assert under_way == [["a", "b"], ["c"]]
    go.set()
    assert await asyncio.gather(*asked) == list("abcdefg")
    assert under_way[2:] == [["d", "e"], ["f", "g"]]
    await group.close()


async def test_one_bad_request_does_not_spoil_the_rest() -> None:
    shop = Shop()
    group = GroupCommit(shop.serve)
    answers = await asyncio.gather(*(group.ask(n) for n in (1, 13, 2)), return_exceptions=True)
    assert (answers[0], answers[2]) == (2, 4)
    assert isinstance(answers[1], RuntimeError)
    assert shop.groups == [[1, 13, 2], [1], [13], [2]]


async def test_a_store_that_is_away_is_not_asked_for_each() -> None:
    shop = Shop()
    shop.is_away = True
    group = GroupCommit(shop.serve, most=2)
    answers = await asyncio.gather(*(group.ask(n) for n in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 5
    assert shop.groups == [[0, 1]]
    shop.is_away = False
    assert await group.ask(4) == 8


async def test_a_cancellation_that_leaks_out_of_a_driver_leaves_nobody_waiting() -> None:
    leaks = [True]

    async def serve(requests: Sequence[str]) -> Sequence[str]:
        if leaks:
            leaks.pop()
            raise asyncio.CancelledError
        return requests

    group = GroupCommit(serve, most=2)
    answers = await asyncio.gather(*(group.ask(who) for who in "abc"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable, str]


async def test_who_is_one_too_many_is_told_at_once() -> None:
    shop = Shop()
    shop.open.clear()
    group = GroupCommit(shop.serve, most=1)
    first = asyncio.create_task(group.ask(1))
    while not shop.groups:
        await asyncio.sleep(0)
    waiting = [asyncio.create_task(group.ask(n)) for n in range(100, 2_100)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable):
        await group.ask(3)
    group.put(3)  # dropped
    shop.open.set()
    assert await asyncio.gather(first, *waiting) == [2, *(2 * n for n in range(100, 2_100))]
    assert sum(map(len, shop.groups)) == 2_001


def test_who_waits_in_line_waits_as_long_as_others_are_answered() -> None:
    """A limit is the store's time: the last waits for all of them, until the store is away."""

    async def serve(numbers: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0.5)
        if max(numbers) == 9:
            raise StoreUnavailable("database")
        return numbers

    async def crowd() -> None:
        group = GroupCommit(serve, most=1)
        assert await asyncio.gather(*(group.ask(1) for _ in range(30))) == [1] * 30
        answers = await asyncio.gather(*(group.ask(n) for n in (1, 2, 9, 3)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [int, int, StoreUnavailable, StoreUnavailable]

    virtual_time.run(crowd())


async def test_a_store_that_goes_away_while_a_group_is_split_is_not_asked_for_each() -> None:
    shop = Shop()

    async def serve(numbers: Sequence[int]) -> Sequence[int | Exception]:
        answers = await shop.serve(numbers)
        shop.is_away = True
        return answers

    group = GroupCommit(serve)
    answers = await asyncio.gather(*(group.ask(n) for n in (1, 13, 2, 3)), return_exceptions=True)
    assert (answers[0], [type(answer) for answer in answers[1:]]) == (2, [StoreUnavailable] * 3)
    assert shop.groups == [[1, 13, 2, 3], [1], [13]]


def test_whose_turn_would_not_come_is_told_at_once_when_to_come_again() -> None:
    served: list[int] = []

    async def serve(numbers: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(2.0)
        served.extend(numbers)
        return numbers

    async def crowd() -> None:
        group, loop = GroupCommit(serve, most=1), asyncio.get_running_loop()
        for number in range(20):  # until it is known how long they take
            await group.ask(number)
        line = [asyncio.create_task(group.ask(number)) for number in range(100, 104)]
        await asyncio.sleep(0)
        begun = loop.time()
        with pytest.raises(StoreUnavailable) as told:
            await group.ask(104)
        assert loop.time() == begun
        await asyncio.sleep(told.value.retry_after)
        assert await group.ask(104) == 104
        assert await asyncio.gather(*line) == served[20:24] == [100, 101, 102, 103]

    virtual_time.run(crowd())


async def test_a_quiet_ones_work_is_in_its_own_context_and_closing_waits() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    seen: list[str] = []

    async def serve(requests: Sequence[str]) -> Sequence[str]:
        await asyncio.sleep(0.01)
        seen.append(name.get())
        return requests

    groups = Groups()
    for who in ("ada", "bob"):
        name.set(who)
        assert await groups.of("names", serve).ask(who) == who
    groups.of("names", serve).put("eve")
    await groups.close()
    assert seen == ["ada", "bob", "bob"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from((*range(-2, 5), 13))),
        st.tuples(st.sampled_from(("cancel", "turn", "close", "open")), st.integers(0, 9)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, most=st.integers(1, 4))
async def test_each_is_answered_for_itself_whoever_gives_up(steps: list[tuple[str, int]], most: int) -> None:
    """What is answered was kept once; who gave up had it kept once, or not at all."""
    shop = Shop()
    group = GroupCommit(shop.serve, most=most)
    asked: list[tuple[int, asyncio.Task[int]]] = []
    for what, number in steps:
        if what == "ask":
            asked.append((number, asyncio.create_task(group.ask(number))))
        elif what == "cancel" and asked:
            asked[number % len(asked)][1].cancel()
        elif what == "turn":
            for _ in range(number):
                await asyncio.sleep(0)
        elif what in ("close", "open"):
            (shop.open.clear if what == "close" else shop.open.set)()
    shop.open.set()
    await asyncio.gather(*(task for _, task in asked), return_exceptions=True)
    await group.close()
    kept = list(shop.kept)
    for number, task in asked:
        if task.cancelled():
            continue
        if number < 0 or number == 13:
            assert isinstance(task.exception(), ValueError if number < 0 else RuntimeError)
        else:
            assert task.result() == 2 * number
            kept.remove(number)
    gone = [number for number, task in asked if task.cancelled()]
    for number in kept:
        gone.remove(number)
    assert max(map(len, shop.groups), default=0) <= most
