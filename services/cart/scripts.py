"""The Lua scripts of carts; each may run twice, as the client of Redis sends again what it got no reply to."""

from pathlib import Path
from typing import Any, Final

from infra.redis import RUN_ID, RedisStore
from infra.redis_batch import Argument

_FOLDER: Final = Path(__file__).parent / "lua"
SOURCES: Final = {path.stem: path for path in _FOLDER.glob("*.lua")}

RUN: Final = RUN_ID
"""The life of the server that a script meets: a copy of another life is looked at before it is believed."""


async def run(redis: RedisStore, name: str, keys: list[str], args: list[Argument]) -> Any:
    """Errors: StoreUnavailable; after a time-out it may have run all the same."""
    return await redis.run_script(SOURCES[name], keys, args)
