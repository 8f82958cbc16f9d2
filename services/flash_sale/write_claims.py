"""Write anew which input each idempotency key of an item's orders came with: Redis has forgotten."""

from datetime import timedelta
from uuid import UUID

from infra.redis_batch import Command
from infra.runtime import Infra
from services.flash_sale.next_orders import ItemOrder, before_all, before_those_since, next_orders
from services.reservation.keys import claim_key
from services.reservation.reserve import CLAIM_SECONDS

_READ_WITHIN = 30.0
_CHUNK = 500


async def write_claims(infra: Infra, sku: str, item_id: UUID) -> None:
    """Write the claims that are not there. Errors: StoreUnavailable."""
    recent = infra.now() - timedelta(seconds=CLAIM_SECONDS)
    after: UUID | None = max(before_all(item_id), before_those_since(recent.timestamp()))
    while after is not None:
        async with infra.database.read(_READ_WITHIN) as session:
            orders, after = await next_orders(session, sku, item_id, after, recent)
        claims = [_claim(order) for order in orders if order[5]]
        for start in range(0, len(claims), _CHUNK):
            await infra.redis.execute(*claims[start : start + _CHUNK])


def _claim(order: ItemOrder) -> Command:
    _, customer_id, _, key, fingerprint, *_ = order
    return ("SET", claim_key(UUID(bytes=customer_id), key.encode().hex()), fingerprint, "NX", "EX", CLAIM_SECONDS)
