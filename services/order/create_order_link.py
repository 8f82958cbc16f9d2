"""Make a secret link by which an order is seen and paid without a session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.mail.rows import issue_order_link
from services.order.rows import read_order
from services.shared.patience import or_try_again, transact_for_request


@dataclass(frozen=True, slots=True)
class MadeLink:
    """``url`` has the secret in it: whoever has it may see the order, and pay it."""

    url: str
    expires_at: datetime


async def create_order_link(infra: Infra, order_id: UUID) -> MadeLink:
    """Errors: NotFound, TryAgain."""
    now, ttl = infra.now(), infra.settings.shop.order_link_ttl

    async def work(session: AsyncSession) -> str:
        await read_order(session, order_id, None, lock=False)
        return issue_order_link(session, order_id, now, ttl)

    with or_try_again():
        secret = await transact_for_request(infra, work)
    storefront = infra.settings.shop.storefront_url.rstrip("/")
    return MadeLink(f"{storefront}/order#token={secret}", now + timedelta(seconds=ttl))
