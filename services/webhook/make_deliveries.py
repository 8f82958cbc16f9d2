"""Events of the log become deliveries: one for each endpoint that wants it, however often it is read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.cloudevents import MalformedEvent, decode_envelope
from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.insert_ignoring import insert_ignoring
from infra.runtime import Infra
from models import DeliveryState, WebhookDelivery, WebhookEndpoint

log = structlog.get_logger(__name__)
_LONGEST_ID: Final = 64


async def make_deliveries(infra: Infra, values: Sequence[bytes]) -> int:
    """Make deliveries from the ``values`` of messages; returns how many. Errors: StoreUnavailable."""
    envelopes = [envelope for envelope in map(_envelope, values) if envelope is not None]
    if not envelopes:
        return 0
    async with infra.database.read() as session:
        found = await session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.enabled))
        rows = [_row(e, endpoint, infra.now()) for endpoint in found for e in envelopes if _wants(endpoint, e)]
    if rows:
        await infra.database.transact(lambda session: _insert(session, rows), timeout=WORKERS_PATIENCE)
    return len(rows)


def _envelope(value: bytes) -> dict[str, Any] | None:
    """What cannot be read is for the dead letters of those whose events they are."""
    try:
        found = decode_envelope(value)
        if not 0 < len(found["id"]) <= _LONGEST_ID:
            raise MalformedEvent("its id is too long")
        found["type"], datetime.fromisoformat(found["time"]).astimezone(UTC)
    except (MalformedEvent, KeyError, TypeError, ValueError) as error:
        log.warning("webhook.unreadable_event", reason=str(error))
        return None
    return found


def _wants(endpoint: WebhookEndpoint, envelope: dict[str, Any]) -> bool:
    """Not what happened before it was there."""
    happened = datetime.fromisoformat(envelope["time"]).astimezone(UTC)
    return envelope["type"] in endpoint.types and happened >= endpoint.created_at


def _row(envelope: dict[str, Any], endpoint: WebhookEndpoint, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "endpoint_id": endpoint.id,
        "event_id": envelope["id"],
        "type": envelope["type"],
        "body": envelope,
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "updated_at": now,
    }


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Those that are there stay as they are; of an endpoint that is deleted meanwhile there are none."""
    kept = set(await session.scalars(select(WebhookEndpoint.id).with_for_update(read=True)))
    wanted = [row for row in rows if row["endpoint_id"] in kept]
    if wanted:
        await session.execute(insert_ignoring(WebhookDelivery), wanted)
