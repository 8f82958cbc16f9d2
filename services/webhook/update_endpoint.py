"""Change an endpoint, or its secret; delete it."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import WebhookEndpoint
from services.webhook.rows import lock_endpoint, record_change
from services.webhook.rules import OVERLAP, Asking, EndpointChange, check_endpoint, new_secret


async def update_endpoint(
    infra: Infra, endpoint_id: UUID, change: EndpointChange, asking: Asking
) -> WebhookEndpoint:
    """Errors: InvalidInput, NotFound, StoreUnavailable."""
    check_endpoint(change)

    def apply(row: WebhookEndpoint) -> None:
        row.url = row.url if change.url is None else change.url
        row.types = row.types if change.types is None else sorted(set(change.types))
        if change.enabled is not None:
            row.enabled, row.disabled_reason, row.failing_since = change.enabled, None, None

    return await _change(infra, endpoint_id, "webhook.changed", apply, asking)


async def rotate_secret(infra: Infra, endpoint_id: UUID, asking: Asking) -> WebhookEndpoint:
    """Give an endpoint a new secret; for a day the one of before signs as well.

    Errors: NotFound, StoreUnavailable.
    """

    def apply(row: WebhookEndpoint) -> None:
        row.old_secret, row.old_secret_until = row.secret, infra.now() + OVERLAP
        row.secret = new_secret()

    return await _change(infra, endpoint_id, "webhook.secret_rotated", apply, asking)


async def delete_endpoint(infra: Infra, endpoint_id: UUID, asking: Asking) -> None:
    """Delete an endpoint with its deliveries. Errors: NotFound, StoreUnavailable."""

    async def work(session: AsyncSession) -> None:
        row = await lock_endpoint(session, endpoint_id)
        record_change(session, infra, "webhook.deleted", row, asking)
        await session.delete(row)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)


async def _change(
    infra: Infra, endpoint_id: UUID, action: str, apply: Callable[[WebhookEndpoint], None], asking: Asking
) -> WebhookEndpoint:
    async def work(session: AsyncSession) -> WebhookEndpoint:
        row = await lock_endpoint(session, endpoint_id)
        apply(row)
        row.updated_at = infra.now()
        record_change(session, infra, action, row, asking)
        return row

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)
