"""Write the carts that a process left unwritten: it died, or the database was away."""

from typing import Final
from uuid import UUID

import structlog

from infra.clock import to_millis
from infra.redis_batch import hash_of
from infra.runtime import Infra
from models.cart_document import from_fields
from services.cart.keys import BUCKETS, cart_key, dirty_key, dirty_key_of
from services.cart.write_out import write_out

log = structlog.get_logger(__name__)

_GRACE_MS: Final = 1_000
"""So long a cart is its process's own to write."""
_BATCH: Final = 200


async def flush_dirty(infra: Infra, grace_ms: int = _GRACE_MS) -> int:
    """Write the carts that changed and are not in the database. Returns how many. Errors: StoreUnavailable."""
    count = 0
    while found := await _dirty(infra, to_millis(infra.now()) - grace_ms):
        replies = await infra.redis.execute(*(("HGETALL", cart_key(cart_id)) for cart_id in found))
        carts = [
            from_fields(cart_id, fields)
            for cart_id, reply in zip(found, replies, strict=True)
            if len(fields := [part for pair in hash_of(reply).items() for part in pair]) > 2
        ]
        await write_out(infra, carts)
        gone = set(found) - {cart.id for cart in carts}
        if gone:
            log.warning("cart.lost_with_redis", carts=len(gone))
            await infra.redis.execute(*(("ZREM", dirty_key(cart_id), cart_id.hex) for cart_id in gone))
        count += len(carts)
        if len(found) < _BATCH:
            break
    return count


async def _dirty(infra: Infra, until: int) -> list[UUID]:
    commands = [("ZRANGEBYSCORE", dirty_key_of(b), "-inf", until, "LIMIT", 0, _BATCH) for b in BUCKETS]
    replies = await infra.redis.execute(*commands)
    return [UUID(member.decode()) for reply in replies for member in reply][:_BATCH]
