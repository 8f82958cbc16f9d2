"""The endpoints that there are."""

from collections.abc import Sequence

from sqlalchemy import select

from infra.runtime import Infra
from models import WebhookEndpoint


async def list_endpoints(infra: Infra) -> Sequence[WebhookEndpoint]:
    """Returns the endpoints, the oldest first. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return (await session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id))).all()
