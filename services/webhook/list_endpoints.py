"""The endpoints that there are."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import WebhookEndpoint


async def list_endpoints(infra: Infra) -> Sequence[WebhookEndpoint]:
    """Returns the endpoints, the oldest first. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return (await session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id))).all()


async def find_endpoints(infra: Infra, ids: Collection[UUID]) -> dict[UUID, WebhookEndpoint]:
    """Find endpoints by their ids. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.id.in_(ids)))
        return {row.id: row for row in found}
