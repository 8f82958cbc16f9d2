"""The Lua scripts, registered once a client."""

from pathlib import Path
from typing import Any

from infra.redis import RedisStore

_FOLDER = Path(__file__).parent / "lua"
_SOURCES = {path.stem: path for path in _FOLDER.glob("*.lua")}


async def run(redis: RedisStore, name: str, keys: list[str], args: list[str | bytes | int]) -> Any:
    """Run one script. Errors: StoreUnavailable; after a time-out it may have run all the same."""
    return await redis.run_script(_SOURCES[name], keys, args)
