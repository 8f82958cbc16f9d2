"""Names of the keys in Redis, how values are written there, and the Lua scripts that know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from redis.exceptions import NoScriptError

from infra.redis import REIGN, LuaScript, RedisStore, raise_wrong
from infra.redis_batch import Command
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from services.reservation.rows import PendingState, read_pending

LOADED_ITEMS = "flash:loaded"
"""Set of ``item|sku`` whose counters are in Redis."""


@dataclass(frozen=True, slots=True)
class ItemKeys:
    """The keys of one flash-sale item; all of them in the slot of its SKU."""

    item: str
    buyers: str
    requests: str
    pending: str
    holds: str
    fence: str
    late: str
    open: str

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, sku: str, item_id: UUID) -> "ItemKeys":
        base = f"flash:{{{sku}}}:{item_id.hex}"
        names = ("buyers", "keys", "pending", "holds", "fence", "late", "open")
        return cls(base, *(f"{base}:{name}" for name in names))

    def all(self) -> tuple[str, ...]:
        return (self.item, self.buyers, self.requests, self.pending, self.holds, self.fence, self.late, self.open)

    def parts(self, token: str) -> tuple[str, str, str]:
        """Returns where new buyers, keys and holds are written before they are put in place."""
        base = f"{self.item}:load:{token}"
        return f"{base}:buyers", f"{base}:keys", f"{base}:holds"


def claim_key(customer_id: UUID, key: str) -> str:
    """Returns the key that remembers which input an idempotency key came with, over all items."""
    return f"claim:{{{customer_id.hex}}}:{key}"


def use_key(customer_id: UUID, hold_id: UUID) -> str:
    """Returns the key that remembers whose order has the use of a code that a quote holds."""
    return f"claim:{{{customer_id.hex}}}:use:{hold_id.hex}"


def busy_key(customer_id: UUID, key: str) -> str:
    """Returns the key that is there while an order of several items is being reserved."""
    return f"claim:{{{customer_id.hex}}}:busy:{key}"


def accepted_key(customer_id: UUID) -> str:
    """Hash of a customer's accepted orders that may not be in the database yet: order -> item|sku."""
    return f"accepted:{{{customer_id.hex}}}"


def price_text(minor: int, currency: str) -> str:
    """Returns a price as the script compares it: ``1990EUR``."""
    return f"{minor}{currency}"


_FOLDER = Path(__file__).parent / "lua"
_SHARED = REIGN + (_FOLDER / "shared.lua").read_text()
SCRIPTS = {
    path.stem: LuaScript.read(path, shared=_SHARED) for path in _FOLDER.glob("*.lua") if path.stem != "shared"
}


async def run(redis: RedisStore, name: str, keys: list[str], args: list[str | bytes | int]) -> Any:
    """Run one script. Errors: StoreUnavailable; after a time-out it may have run all the same."""
    return await redis.run_script(SCRIPTS[name], keys, args)


def command(redis: RedisStore, name: str, keys: list[str], args: list[str | bytes | int]) -> Command:
    """Make a script a command, for ``ask_with_scripts``."""
    return ("EVALSHA", redis.script(SCRIPTS[name]), len(keys), *keys, *args)


async def ask_with_scripts(redis: RedisStore, *commands: Command) -> list[Any]:
    """Run commands and scripts in one round trip; all may run twice. Returns as ``RedisStore.ask``."""
    found = await redis.ask(*commands)
    if any(isinstance(reply, NoScriptError) for reply in found):
        await redis.load(*SCRIPTS.values())
        found = await redis.ask(*commands)
    raise_wrong(found)
    return found


async def look_at_counters(infra: Infra, items: Sequence[ItemKeys]) -> list[Any]:
    """Returns of each item whether its counters are to be believed, what remains, and the version of its terms.

    Errors: StoreUnavailable.
    """
    return await infra.redis.run_script_many(SCRIPTS["look"], [([keys.item], [RUN_ID]) for keys in items])


async def parked_epoch(infra: Infra, sku: str, item_id: UUID, order_id: UUID) -> int | None:
    """Returns the epoch of the counters that hold the parked order's units; None when none do.

    Counters that are loaded again keep parked orders, so it may be newer than the order's own. Errors:
    StoreUnavailable.
    """
    keys = ItemKeys.of(sku, item_id)
    server = infra.redis.at(keys.item)
    reign = await server.reign()
    async with server.guard(), server.client.pipeline(transaction=True) as pipeline:
        pipeline.hmget(keys.item, "run", "epoch")
        pipeline.hget(keys.pending, order_id.hex)
        (run, epoch), entry = await pipeline.execute()
    if entry is None or run != reign or not _is_parked(entry):
        return None
    return int(epoch)


async def has_parked(infra: Infra, sku: str, item_id: UUID) -> bool:
    """Returns whether there is a parked order of the item. Errors: StoreUnavailable."""
    name = ItemKeys.of(sku, item_id).pending
    server = infra.redis.at(name)
    async with server.guard():
        async for _, entry in server.client.hscan_iter(name, count=500):
            if _is_parked(entry):
                return True
    return False


def _is_parked(entry: bytes) -> bool:
    found = read_pending(entry)
    return found is not None and found.state == PendingState.PARKED
