"""Commands that are sent together: each caller has its own reply or error, whatever becomes of the others."""

import asyncio
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from infra.errors import StoreUnavailable
from infra.redis import LuaScript
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from tests.waiting import pause


async def test_each_caller_gets_its_own_replies(infra: Infra) -> None:
    async def caller(number: int) -> list[object]:
        key = f"batch:{number}"
        return await infra.redis.execute(("SET", key, number), ("INCRBY", key, 1000), ("GET", key))

    found = await asyncio.gather(*(caller(number) for number in range(200)))
    assert found == [[b"OK", 1000 + number, str(1000 + number).encode()] for number in range(200)]


async def test_who_asks_nothing_is_answered_at_once(infra: Infra) -> None:
    assert await infra.redis.execute() == []
    assert await infra.redis.run_script_many(LuaScript("none", "return 1"), []) == []


async def test_a_wrong_command_fails_alone(infra: Infra) -> None:
    await infra.redis.execute(("SET", "text", "no number"))
    commands = (("GET", "text"), ("INCR", "text"), ("STRLEN", "text"))
    asked = [asyncio.create_task(infra.redis.execute(command)) for command in commands]
    with pytest.raises(ResponseError, match="not an integer"):
        await asked[1]
    assert await asked[0] == [b"no number"]
    assert await asked[2] == [9]


async def test_what_cannot_be_sent_fails_alone(infra: Infra) -> None:
    asked = [asyncio.create_task(infra.redis.execute(("ECHO", text))) for text in ("a", "\ud800", "b")]
    with pytest.raises(UnicodeEncodeError):
        await asked[1]
    assert (await asked[0], await asked[2]) == ([b"a"], [b"b"])


async def test_one_that_gives_up_takes_nobody_with_it(infra: Infra) -> None:
    impatient = asyncio.create_task(infra.redis.execute(("GET", "nothing")))
    patient = asyncio.create_task(infra.redis.execute(("PING",)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == [b"PONG"]
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_broken_connection_is_replaced(infra: Infra, redis: Redis) -> None:
    await infra.redis.execute(("PING",))
    await redis.client_kill_filter(_type="normal", skipme=True)
    found = await asyncio.gather(*(infra.redis.execute(("ECHO", number)) for number in range(10)))
    assert found == [[str(number).encode()] for number in range(10)]


@pytest.mark.parametrize("store_timeout", [0.8])
async def test_a_silent_server_is_an_outage_within_the_time_limit(infra: Infra, redis: Redis) -> None:
    await redis.client_pause(5000, all=True)
    begun = time.monotonic()
    results = await asyncio.gather(*(infra.redis.execute(("PING",)) for _ in range(5)), return_exceptions=True)
    assert 0.7 < time.monotonic() - begun < 2 + pause()
    assert all(isinstance(result, StoreUnavailable) and result.store == "redis" for result in results)
    assert await redis.ping()  # waits for the end of it
    assert await infra.redis.execute(("PING",)) == [b"PONG"]


async def test_a_script_that_the_server_does_not_know_is_sent(infra: Infra, redis: Redis, tmp_path: Path) -> None:
    file = tmp_path / "who.lua"
    file.write_text("return ours(ARGV[1])")
    script = LuaScript.read(file, shared="local function ours(first) return {first, KEYS[1]} end\n")
    for _ in range(2):
        await redis.script_flush()
        found = await asyncio.gather(*(infra.redis.run_script(script, [f"k{n}"], [RUN_ID]) for n in range(20)))
        assert found == [[infra.redis.run_id.encode(), f"k{n}".encode()] for n in range(20)]
