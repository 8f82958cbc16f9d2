"""What follows from an endpoint's answer: done, again later, given up, or the endpoint switched off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import DeliveryState, MailKind, User, WebhookDelivery, WebhookEndpoint
from services.mail.queue_mail import queue_mail

log = structlog.get_logger(__name__)
WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 12 * 3600)
)
"""Between one attempt and the next: a day and more in all."""
GIVES_UP_AFTER: Final = timedelta(days=1)
"""An endpoint that has failed for so long is switched off."""
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` None: there was none, and ``text`` says why."""

    status: int | None
    text: str

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def reason(self) -> str:
        return self.text if self.status is None else f"answered {self.status}"


async def note_answer(infra: Infra, delivery_id: UUID, answer: Answer) -> None:
    """Errors: StoreUnavailable."""
    await infra.database.transact(
        lambda session: _note_answer(session, infra, delivery_id, answer), timeout=WORKERS_PATIENCE
    )


async def _note_answer(session: AsyncSession, infra: Infra, delivery_id: UUID, answer: Answer) -> None:
    """The endpoint is locked before its delivery, by everybody who locks both."""
    now = infra.now()
    seen = await session.get(WebhookDelivery, delivery_id)
    if seen is None:
        return
    endpoint = await session.get(WebhookEndpoint, seen.endpoint_id, with_for_update=True, populate_existing=True)
    row = await session.get(WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if endpoint is None or row is None or row.state != DeliveryState.PENDING:
        return
    row.status_code, row.answer, row.updated_at = answer.status, answer.text[:500], now
    if answer.is_good:
        row.state, endpoint.failing_since = DeliveryState.DELIVERED, None
        return
    endpoint.failing_since = endpoint.failing_since or now
    _put_off(row, now)
    log.info("webhook.not_delivered", delivery_id=row.id.hex, attempts=row.attempts, reason=answer.reason[:100])
    if answer.status == _GONE or now - endpoint.failing_since >= GIVES_UP_AFTER:
        await _switch_off(session, endpoint, answer.reason, now)


def _put_off(row: WebhookDelivery, now: datetime) -> None:
    if row.attempts > len(WAITS):
        row.state = DeliveryState.FAILED
    else:
        row.due_at = now + WAITS[row.attempts - 1]


async def _switch_off(session: AsyncSession, endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    if not endpoint.enabled:
        return
    endpoint.enabled, endpoint.disabled_reason, endpoint.updated_at = False, reason[:200], now
    log.error("webhook.switched_off", endpoint_id=endpoint.id.hex, reason=reason[:100])
    owner = await session.get(User, endpoint.owner_id)
    if owner is not None and owner.closed_at is None:
        queue_mail(
            session,
            MailKind.WEBHOOK_DISABLED,
            recipient=owner.email,
            locale=owner.locale,
            now=now,
            user_id=owner.id,
            data={"name": owner.display_name, "url": endpoint.url, "reason": reason[:200]},
        )
