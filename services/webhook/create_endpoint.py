"""Make an endpoint."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import WebhookEndpoint
from services.shared.errors import InvalidInput
from services.webhook.rows import record_change
from services.webhook.rules import MOST, Asking, EndpointChange, check_endpoint, new_secret


async def create_endpoint(infra: Infra, url: str, types: Sequence[str], asking: Asking) -> WebhookEndpoint:
    """Create an endpoint; its secret is shown once. Errors: InvalidInput, StoreUnavailable."""
    check_endpoint(EndpointChange(url, types))
    now = infra.now()
    row = WebhookEndpoint(
        id=new_id(),
        url=url,
        types=sorted(set(types)),
        secret=new_secret(),
        enabled=True,
        owner_id=asking.user_id,
        created_at=now,
        updated_at=now,
    )

    async def work(session: AsyncSession) -> None:
        if (await session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= MOST:
            raise InvalidInput.at("url", message=f"there are {MOST} endpoints already")
        session.add(row)
        record_change(session, infra, "webhook.created", row, asking)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return row
