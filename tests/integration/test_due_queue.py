"""Rows that are due: each is one worker's until its lease is over."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.due_queue import Backoff, DueQueue, serve
from infra.ids import new_id
from infra.runtime import Infra
from models import SandboxEvent
from tests.modes import MODES

URL: Final = "http://127.0.0.1:1/"
QUEUE: Final = DueQueue(
    SandboxEvent,
    SandboxEvent.due_at,
    lease=Backoff(timedelta(seconds=10)),
    batch=4,
    tries=SandboxEvent.attempts,
    only=(SandboxEvent.url == URL,),
)


async def put(infra: Infra, *attempts: int, due_in: float = -1, url: str = URL) -> list[UUID]:
    """Rows that were taken so often; the first is the longest due."""
    due_at = infra.now() + timedelta(seconds=due_in)
    rows = [
        {
            "id": new_id(),
            "url": url,
            "body": {"id": "1"},
            "attempts": tries,
            "due_at": due_at + timedelta(milliseconds=number),
        }
        for number, tries in enumerate(attempts)
    ]
    async with infra.database.write() as session:
        await session.execute(insert(SandboxEvent), rows)
    return [row["id"] for row in rows if isinstance(row["id"], UUID)]


async def take(infra: Infra) -> list[tuple[UUID, int]]:
    async def work(session: AsyncSession) -> Sequence[SandboxEvent]:
        return await QUEUE.take(session, infra.now())

    return [(row.id, row.attempts) for row in await infra.database.transact(work)]


async def test_a_batch_of_the_longest_due_with_how_often_each_was_taken(infra: Infra) -> None:
    ids = await put(infra, 0, 3, 0, 1, 0)
    await put(infra, 0, due_in=3600)
    await put(infra, 0, url="http://127.0.0.1:2/")
    begun = infra.now()
    assert await take(infra) == [(ids[0], 1), (ids[1], 4), (ids[2], 1), (ids[3], 2)]
    assert await take(infra) == [(ids[4], 1)]
    assert await take(infra) == []
    ended = infra.now()
    async with infra.database.read() as session:
        rows = {row.id: row for row in await session.scalars(select(SandboxEvent))}
    for one, attempts, lease in zip(ids, (1, 4, 1, 2, 1), (10, 80, 10, 20, 10), strict=True):
        assert rows[one].attempts == attempts
        taken = rows[one].due_at - timedelta(seconds=lease)
        assert begun - timedelta(milliseconds=1) <= taken <= ended


async def test_workers_at_once_take_each_row_once(infra: Infra) -> None:
    ids = await put(infra, *[0] * 10)
    found = [one for taken in await asyncio.gather(*(take(infra) for _ in range(4))) for one, _ in taken]
    while more := [one for one, _ in await take(infra)]:
        found += more
    assert sorted(found) == sorted(ids)


@pytest.mark.parametrize("mode", MODES[1:], indirect=True)
async def test_what_another_has_locked_is_passed_over(infra: Infra) -> None:
    first, second = await put(infra, 0, 0)
    async with infra.database.write() as session:
        await session.get(SandboxEvent, first, with_for_update=True)
        assert await take(infra) == [(second, 1)]


async def test_a_row_of_ones_own_is_held_alike(infra: Infra) -> None:
    [one] = await put(infra, 2)
    async with infra.database.write() as session:
        row = await session.get_one(SandboxEvent, one, with_for_update=True)
        QUEUE.hold(row, infra.now())
        assert (row.attempts, row.due_at > infra.now() + timedelta(seconds=30)) == (3, True)
    assert await take(infra) == []


async def test_one_that_fails_does_not_cut_the_others_off() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        if number == 1:
            raise RuntimeError("one")
        await asyncio.sleep(0)
        done.append(number)

    with pytest.raises(RuntimeError, match="one"):
        await serve(range(4), work)
    assert done == [0, 2, 3]
    assert await serve([5], work) == 1
