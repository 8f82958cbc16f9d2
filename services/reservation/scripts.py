"""The Lua scripts, registered once a client."""

from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from infra.redis import RedisStore
from infra.redis_batch import Command

_FOLDER = Path(__file__).parent / "lua"
_SOURCES = {path.stem: path for path in _FOLDER.glob("*.lua")}


async def run(redis: RedisStore, name: str, keys: list[str], args: list[str | bytes | int]) -> Any:
    """Run one script. Errors: StoreUnavailable; after a time-out it may have run all the same."""
    return await redis.run_script(_SOURCES[name], keys, args)


def command(redis: RedisStore, name: str, keys: list[str], args: list[str | bytes | int]) -> Command:
    """A script as a command, for ``with_scripts``."""
    return ("EVALSHA", redis.script(_SOURCES[name]).sha, len(keys), *keys, *args)


async def with_scripts(redis: RedisStore, *commands: Command) -> list[Any]:
    """Commands and scripts in one round trip; all may run twice. Errors as of ``RedisStore.execute``."""
    try:
        return await redis.execute(*commands)
    except NoScriptError:
        for path in _SOURCES.values():
            async with redis.guard():
                await redis.client.script_load(path.read_text())
        return await redis.execute(*commands)
