"""Rows of endpoints: locked before they are changed, and what the audit log has of it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import WebhookEndpoint
from services.audit.record import record
from services.shared.errors import NotFound
from services.webhook.rules import Asking


async def lock_endpoint(session: AsyncSession, endpoint_id: UUID) -> WebhookEndpoint:
    row = await session.get(WebhookEndpoint, endpoint_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such endpoint.")
    return row


def record_change(session: AsyncSession, infra: Infra, action: str, row: WebhookEndpoint, asking: Asking) -> None:
    details = {"url": row.url, "types": " ".join(row.types)[:500]}
    record(session, action, now=infra.now(), subject=row.id, actor=asking.user_id, client=asking.client,
           details=details)  # fmt: skip
