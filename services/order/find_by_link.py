"""Find the order that a secret link leads to, for whoever has the link."""

from hmac import compare_digest

from sqlalchemy import select

from infra.runtime import Infra
from models import OrderLink
from models.order_document import OrderView
from services.mail.rows import hash_token
from services.order.find_orders import find_order
from services.shared.client import Client
from services.token.count_wrong_token import count_wrong_token, forgive_token

_MAX_LENGTH = 200


async def find_by_link(infra: Infra, token: str, client: Client) -> OrderView | None:
    """Returns None for a link that never was or has expired: which of them is nobody's business. Wrong ones are
    counted for the address.

    Errors: RateLimited, StoreUnavailable.
    """
    await count_wrong_token(infra, client)
    found = await _find(infra, token)
    if found is not None:
        await forgive_token(infra, client)
    return found


async def _find(infra: Infra, token: str) -> OrderView | None:
    if not token or len(token) > _MAX_LENGTH:
        return None
    token_hash = hash_token(token)
    async with infra.database.read() as session:
        link = await session.scalar(select(OrderLink).where(OrderLink.token_hash == token_hash))
    # What the index compares are hashes of 256 random bits: no time it takes tells of the token.
    if link is None or not compare_digest(link.token_hash, token_hash) or link.expires_at <= infra.now():
        return None
    return await find_order(infra, link.order_id, None)
