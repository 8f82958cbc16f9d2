"""The parts of the cache by themselves: memory, what was heard, entries and their early end, the gate."""

import asyncio
import random
import time

import pytest

from infra.cache import entry
from infra.cache.dependencies import depend_on, noting
from infra.cache.gate import Gate
from infra.cache.hearing import EVERYTHING, LEASE, Hearing
from infra.cache.jitter import spread
from infra.cache.memory import Memory
from infra.errors import StoreUnavailable
from infra.telemetry.counters import Counters
from tests.waiting import pause

# ------------------------------------------------------------------ what was heard


@pytest.fixture
def hearing() -> Hearing:
    made = Hearing()
    made.confirm(time.monotonic() + 60)
    return made


def test_knowledge_is_believed_for_a_second_after_it_was_confirmed() -> None:
    hearing, now = Hearing(), time.monotonic()
    seen = [hearing.is_fresh]
    # The third is heard late: it takes nothing back.
    for at in (now - LEASE - 0.01, now, now - 5):
        hearing.confirm(at)
        seen.append(hearing.is_fresh)
    hearing.doubt()
    seen.append(hearing.is_fresh)
    assert seen == [False, False, True, True, False]


def test_what_was_read_before_a_change_is_told_from_what_was_read_after(hearing: Hearing) -> None:
    before = hearing.mark()
    hearing.forget(["a"])
    assert not hearing.unchanged_since(before, ["a", "b"])
    assert hearing.unchanged_since(before, ["b"])
    assert hearing.unchanged_since(hearing.mark(), ["a"])
    hearing.forget([EVERYTHING])
    assert not hearing.unchanged_since(before, ["b"])
    assert hearing.unchanged_since(before, []) is False
    hearing.forget([])
    assert hearing.unchanged_since(hearing.mark(), ["a", "b"])


def test_what_changed_is_remembered_only_so_far_and_then_doubted(
    hearing: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.cache.hearing._MOST_TAGS", 3)
    before = hearing.mark()
    for tag in "abcde":
        hearing.forget([tag])
    assert not hearing.unchanged_since(before, ["x"])  # "a" is not remembered any more: x might have been it
    assert hearing.unchanged_since(hearing.mark(), ["a"])


def test_listeners_are_told_what_changed(hearing: Hearing) -> None:
    told: list[object] = []
    hearing.listen(told.append)
    hearing.forget(["a", "b"])
    hearing.forget(["c", EVERYTHING])
    assert told == [{"a", "b"}, None]


# ------------------------------------------------------------------ memory


def put(memory: Memory, hearing: Hearing, key: str, size: int = 1, ttl: float = 60) -> None:
    memory.put(key, key.upper(), size=size, ttl=ttl, mark=hearing.mark())


def test_the_least_recently_used_falls_out(hearing: Hearing) -> None:
    memory = Memory(hearing, entries=3, size=800)
    for key in "abc":
        put(memory, hearing, key, size=10)
    assert "a" in memory.get_many(["a"])
    put(memory, hearing, "d", size=10)
    assert list(memory.get_many("abcd")) == ["a", "c", "d"]
    put(memory, hearing, "a", size=20)
    assert (len(memory), memory.size) == (3, 40)
    # By bytes: an eighth of them is the most that one may take.
    put(memory, hearing, "e", size=101)
    assert memory.get_many(["e"]) == {}
    small = Memory(hearing, entries=100, size=800)
    for number in range(20):
        put(small, hearing, str(number), size=100)
    assert (len(small), small.size) == (8, 800)


def test_it_is_forgotten_when_it_ends_or_changes_and_not_believed_in_doubt(hearing: Hearing) -> None:
    memory = Memory(hearing)
    put(memory, hearing, "short", ttl=-1)
    assert memory.get_many(["short"]) == {}
    put(memory, hearing, "a")
    put(memory, hearing, "b")
    hearing.forget(["a"])
    assert memory.get_many(["a"]) == {}
    assert "b" in memory.get_many(["b"])
    mark = hearing.mark()
    hearing.forget(["c"])
    memory.put("c", "old", size=1, ttl=60, mark=mark)
    assert memory.get_many(["c"]) == {}
    hearing.doubt()
    assert (memory.get_many(["b"]), len(memory), memory.size) == ({}, 0, 0)
    put(memory, hearing, "b")
    assert len(memory) == 0


# ------------------------------------------------------------------ entries


def made(*, life: float, cost: float, kind: bytes = entry.DOCUMENT, schema: int = 1) -> entry.Entry:
    raw = entry.make(kind, b"payload", schema=schema, epoch=b"12345678", life=life, cost=cost)
    found = entry.parse(raw, schema, b"12345678")
    assert found is not None
    return found


def test_an_entry_is_read_as_it_was_written() -> None:
    now = time.time()
    found = made(life=60, cost=0.25)
    assert (found.kind, found.payload, len(found.head)) == (entry.DOCUMENT, b"payload", entry.HEAD_BYTES)
    assert found.ends == pytest.approx(now + 60, abs=1)
    assert found.cost == 0.25
    assert made(life=60, cost=0.25).head != found.head  # each has a stamp of its own


@pytest.mark.parametrize("raw", [b"", b"D", b"\xff" * 10, b"D" * (entry.HEAD_BYTES - 1)])
def test_what_is_no_entry_is_as_good_as_absent(raw: bytes) -> None:
    assert entry.parse(raw, 1, b"12345678") is None


def test_an_entry_of_another_shape_or_epoch_is_as_good_as_absent() -> None:
    raw = entry.make(entry.DOCUMENT, b"x", schema=1, epoch=b"12345678", life=1, cost=0)
    assert entry.parse(raw, 2, b"12345678") is None
    assert entry.parse(raw, 1, b"87654321") is None


def test_the_nearer_the_end_and_the_dearer_the_sooner_is_it_refilled() -> None:
    """XFetch: -cost * ln(rand()) >= left, so its chance is exp(-left / cost)."""
    random.seed(7)
    now = time.time()
    document = made(life=100, cost=1)
    for left, chance in ((0.0, 1.0), (1.0, 0.368), (2.0, 0.135), (4.0, 0.018)):
        due = sum(document.is_due(document.ends - left) for _ in range(4_000)) / 4_000
        assert due == pytest.approx(chance, abs=0.03)
    assert not any(document.is_due(now) for _ in range(1_000))
    assert made(life=0, cost=0).is_due(now + 1)
    assert not made(life=0, cost=9, kind=entry.NOTHING).is_due(now + 1)


def test_lives_are_spread_by_a_tenth() -> None:
    lives = [spread(100) for _ in range(2_000)]
    assert min(lives) >= 90
    assert max(lives) <= 110
    assert max(lives) - min(lives) > 15


# ------------------------------------------------------------------ dependencies, gate, counters


async def test_what_a_task_reads_is_noted_for_who_started_it() -> None:
    async def read(tag: str) -> None:
        await asyncio.sleep(0)
        depend_on([tag], at_most=5)

    async def request(tag: str) -> tuple[set[str], float]:
        with noting() as noted:
            await asyncio.gather(asyncio.create_task(read(tag)), read("both"))
        return noted.tags, noted.longest

    first, second = await asyncio.gather(request("a"), request("b"))
    assert (first[0], first[1]) == ({"a", "both"}, 5.0)
    assert (second[0], second[1]) == ({"b", "both"}, 5.0)
    depend_on(["nobody asks"])


async def test_who_finds_the_queue_full_is_told_at_once() -> None:
    gate, begun, may_end = Gate(1), asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with gate.turn():
            begun.set()
            await may_end.wait()

    async def enter() -> str:
        async with gate.turn():
            return "in"

    holding = asyncio.create_task(hold())
    await begun.wait()
    waiting = [asyncio.create_task(enter()) for _ in range(32)]
    await asyncio.sleep(0)
    assert gate.waiting == 32
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(enter(), 0.05)
    cut_off = waiting.pop()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    assert gate.waiting == 31
    may_end.set()
    assert await asyncio.gather(*waiting) == ["in"] * 31
    await holding
    assert gate.waiting == 0
    assert await enter() == "in"


async def test_nobody_waits_longer_than_told() -> None:
    gate = Gate(1)
    async with gate.turn():
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            async with gate.turn():
                raise AssertionError("there was no turn")
        assert time.monotonic() - begun < 1.0 + pause()
    assert gate.waiting == 0


def test_counters_show_what_happened_and_nothing_else() -> None:
    counters = Counters()
    counters.add("product", "hits", 2)
    counters.add("product", "hits")
    counters.add("page", "fills", 0)
    shown = counters.snapshot()
    assert {area: counts for area, counts in shown.items() if counts} == {"product": {"hits": 3}}
    shown["product"]["hits"] = 0
    assert counters.snapshot()["product"] == {"hits": 3}
