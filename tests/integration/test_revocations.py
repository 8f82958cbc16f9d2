"""What one process revokes, every other refuses within a second: told, asked at the start, or after an outage."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from services.session.revoke_sessions import STREAM, revoke_access_tokens, revoke_sessions
from services.session.watching_revocations import watching_revocations
from settings import Settings
from tests.integration.test_redis_restart import OwnRedis
from tests.waiting import pause, until

WITHIN = 3.0  # a second is promised; a shared machine may stand still for as long
NOBODY = UUID(int=0)


@asynccontextmanager
async def watching(settings: Settings) -> AsyncIterator[Infra]:
    """Another process, for all that it shares with the first one."""
    async with open_infra(settings) as infra, watching_revocations(infra):
        yield infra


async def _hears(infra: Infra, session_id: UUID, within: float = WITHIN) -> None:
    async def refused() -> bool:
        return infra.revocations.cover(NOBODY, session_id, time.time())

    await until(refused, bool, within)


async def test_all_processes_hear_of_it_within_a_second(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        first, *others = [await stack.enter_async_context(watching(settings)) for _ in range(4)]
        for number in range(3):
            ended = [new_id() for _ in range(1 + number * 50)]
            await revoke_sessions(first, ended)
            assert first.revocations.cover(NOBODY, ended[-1], time.time())
            await asyncio.gather(*(_hears(other, session_id) for other in others for session_id in ended))
        assert {len(process.revocations) for process in (first, *others)} == {153}
        assert not others[0].revocations.cover(NOBODY, new_id(), time.time())


async def test_a_process_that_tells_need_not_watch(settings: Settings, infra: Infra) -> None:
    async with watching(settings) as other:
        session_id = new_id()
        await revoke_sessions(infra, [session_id])
        await _hears(other, session_id)


async def test_a_process_that_starts_later_knows_at_once(settings: Settings, infra: Infra) -> None:
    ended = [new_id() for _ in range(6_000)]
    await revoke_sessions(infra, ended)
    async with watching(settings) as late:
        assert all(late.revocations.cover(NOBODY, session_id, time.time()) for session_id in ended)


async def test_the_tokens_a_user_has_end_and_new_ones_are_good(settings: Settings, infra: Infra) -> None:
    user, before = new_id(), time.time()
    await revoke_access_tokens(infra, user)
    async with watching(settings) as other:
        for process in (infra, other):
            assert process.revocations.cover(user, new_id(), before)
            assert not process.revocations.cover(user, new_id(), time.time() + 0.001)
            assert not process.revocations.cover(new_id(), new_id(), before)


async def test_it_is_forgotten_with_the_last_token(settings: Settings, redis: Redis) -> None:
    brief = settings.model_copy(update={"access_token_ttl": 0.1})
    async with watching(brief) as process:
        await revoke_sessions(process, [new_id()])
        # Ten seconds of slack for the clocks of others.
        assert 9_000 < await redis.pttl(STREAM) <= 10_100
        assert len(process.revocations) == 1
    long = settings.model_copy(update={"revocation_ttl": 86_400.0})
    async with watching(long) as process:
        await revoke_sessions(process, [new_id()])
        assert await redis.pttl(STREAM) > 86_000_000


async def test_what_cannot_be_read_stops_nothing(settings: Settings, redis: Redis) -> None:
    async with watching(settings) as process:
        for fields in ({"kind": "planet", "id": "x"}, {"kind": "session", "id": "x"}, {"other": "1"}):
            await redis.xadd(STREAM, fields)  # type: ignore[arg-type]
        session_id = new_id()
        async with watching(settings) as other:
            await revoke_sessions(other, [session_id])
            await _hears(process, session_id)


async def test_a_connection_that_breaks_loses_nothing(settings: Settings, infra: Infra, redis: Redis) -> None:
    async with watching(settings) as process:
        for _ in range(3):
            await redis.client_kill_filter(_type="normal", skipme=True)
            session_id = new_id()
            await revoke_sessions(infra, [session_id])
            await _hears(process, session_id)


@pytest.mark.parametrize("forgets", [False, True], ids=["with its data", "with nothing"])
async def test_a_redis_that_was_away_is_told_and_tells(
    mode: str, settings: Settings, tmp_path: Path, forgets: bool
) -> None:
    own = OwnRedis(mode, tmp_path)
    here = settings.with_redis(await asyncio.to_thread(own.start)).model_copy(update={"store_timeout": 0.8})
    try:
        before, meanwhile = new_id(), new_id()
        async with watching(here) as one, watching(here) as other:
            await revoke_sessions(one, [before])
            await _hears(other, before)
            await asyncio.to_thread(own.stop)
            begun = time.monotonic()
            await revoke_sessions(one, [meanwhile])
            assert time.monotonic() - begun < here.store_timeout + pause()
            assert one.revocations.cover(NOBODY, meanwhile, time.time())
            assert not other.revocations.cover(NOBODY, meanwhile, time.time())
            if forgets:
                own.forget()
            await asyncio.to_thread(own.start)
            await _hears(other, meanwhile, within=30.0)
            async with watching(here) as late:
                await _hears(late, before, within=30.0)
                await _hears(late, meanwhile, within=30.0)
            assert one.revocations.unsent == set()
    finally:
        await asyncio.to_thread(own.stop)


async def test_a_process_starts_without_redis_and_learns_when_it_is_there(
    mode: str, settings: Settings, tmp_path: Path
) -> None:
    own = OwnRedis(mode, tmp_path)
    here = settings.with_redis(await asyncio.to_thread(own.start))
    try:
        session_id = new_id()
        async with open_infra(here) as infra:
            await revoke_sessions(infra, [session_id])
        await asyncio.to_thread(own.stop)
        async with watching(here) as late:
            assert len(late.revocations) == 0
            await asyncio.to_thread(own.start)
            await _hears(late, session_id, within=30.0)
    finally:
        await asyncio.to_thread(own.stop)
