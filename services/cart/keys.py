"""Names of the keys in Redis, and the Lua scripts that know them.

A cart shares its slot with the set that says it is not written yet. Each script may run twice, as the client of
Redis sends again what it got no reply to.
"""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from infra.redis import REIGN, LuaScript, RedisStore
from infra.redis_batch import Argument
from infra.redis_connection import RUN_ID

BUCKETS: Final = tuple("0123456789abcdef")
"""The last digit of a cart's id, which is random."""


def cart_key(cart_id: UUID) -> str:
    return f"cart:{{{_bucket(cart_id)}}}:{cart_id.hex}"


def adopting_key(cart_id: UUID) -> str:
    """Returns the key of a mark of those who are about to take the cart over from the database; a change ends
    that."""
    return f"{cart_key(cart_id)}:adopting"


def dirty_key(cart_id: UUID) -> str:
    """Returns the key of the sorted set of carts (hex) that changed, by the time of the first change that is not
    in the database."""
    return dirty_key_of(_bucket(cart_id))


def dirty_key_of(bucket: str) -> str:
    return f"cart:{{{bucket}}}:dirty"


def _bucket(cart_id: UUID) -> str:
    return cart_id.hex[-1]


_FOLDER: Final = Path(__file__).parent / "lua"
_MEET_A_COPY: Final = ("adopt", "change", "read")
SOURCES: Final = {
    path.stem: LuaScript.read(path, shared=REIGN if path.stem in _MEET_A_COPY else "")
    for path in _FOLDER.glob("*.lua")
}

RUN: Final = RUN_ID
"""The reign of the server that a script meets: a copy of another reign is looked at before it is believed."""


async def run(redis: RedisStore, name: str, keys: list[str], args: list[Argument]) -> Any:
    """Errors: StoreUnavailable; after a time-out it may have run all the same."""
    return await redis.run_script(SOURCES[name], keys, args)
