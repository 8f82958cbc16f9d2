"""Take in what a provider tells: verified, each event once, in one transaction with what follows from it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.insert_ignoring import insert_ignoring
from infra.runtime import Infra
from models import InboxEvent, InboxState, Payment
from services.payment.choose_provider import find_provider
from services.payment.provider import ProviderEvent, Standing
from services.payment.settle import settle
from services.shared.patience import transact_for_request
from services.shared.signature import BadWebhook

log = structlog.get_logger(__name__)
MOST_BYTES: Final = 64 * 1024
"""Of a webhook's body."""
_AREA: Final = "payment_webhook"


async def receive_webhook(infra: Infra, name: str, headers: Mapping[str, str], body: bytes) -> None:
    """Receive a webhook, with ``headers`` in small letters; what comes again changes nothing.

    Errors: BadWebhook, StoreUnavailable.
    """
    try:
        event = _parse(infra, name, headers, body)
    except BadWebhook as error:
        infra.counters.add(_AREA, error.reason)
        log.warning("webhook.refused", provider=name[:32], reason=error.reason)
        raise
    outcome, order_id = await transact_for_request(infra, lambda session: _take(session, infra, name, event, body))
    infra.counters.add(_AREA, outcome.lower())
    log.info("webhook.received", provider=name, event_id=event.id, kind=event.kind, outcome=outcome)
    if order_id is not None:
        infra.signals.send([order_id])


def _parse(infra: Infra, name: str, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
    provider = find_provider(infra, name)
    if provider is None:
        raise BadWebhook("unknown_provider")
    if len(body) > MOST_BYTES:
        raise BadWebhook("too_large")
    return provider.parse_webhook(headers, body, infra.now())


async def _take(
    session: AsyncSession, infra: Infra, name: str, event: ProviderEvent, body: bytes
) -> tuple[str, UUID | None]:
    payment_id = None if event.standing is None else await _find(session, name, event.standing)
    state = InboxState.IGNORED if event.standing is None else InboxState.UNKNOWN
    row = {
        "provider": name,
        "event_id": event.id,
        "kind": event.kind,
        "state": InboxState.DONE if payment_id else state,
        "payment_id": payment_id,
        "body": None if payment_id else orjson.loads(body),
        "received_at": infra.now(),
    }
    if not await _enter(session, row):
        return "REPLAYED", None
    if payment_id is None or event.standing is None:
        return state.value, None
    payment = await settle(session, infra, payment_id, event.standing)
    return InboxState.DONE.value, payment.order_id


async def _enter(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Enter a webhook; returns False when it was here before.

    Who comes with the same at the same time waits for this transaction.
    """
    connection = await session.connection()
    return bool((await connection.execute(insert_ignoring(InboxEvent).values(row))).rowcount)


async def _find(session: AsyncSession, name: str, news: Standing) -> UUID | None:
    """By our key, which the provider has from us; the row is there before the provider is asked."""
    try:
        key = UUID(news.key)
    except ValueError:
        key = None
    which = Payment.reference == news.reference
    found: UUID | None = await session.scalar(
        select(Payment.id).where(Payment.provider == name, which if key is None else or_(Payment.id == key, which))
    )
    return found
