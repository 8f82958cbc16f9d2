"""Take in what a provider tells: verified, each event once, in one transaction with what follows from it.

What is told while one such transaction runs is settled together in the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
import structlog
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import RACES
from infra.plain_rows import plain_rows
from infra.runtime import Infra
from infra.telemetry import tracing
from models import InboxEvent, InboxState
from services.payment.choose_provider import find_provider
from services.payment.provider import ProviderEvent
from services.payment.rows import Place, find_told
from services.payment.settle import News, settle
from services.shared.patience import ask_together, transact_for_request
from services.shared.signature import BadWebhook

log = structlog.get_logger(__name__)
MOST_BYTES: Final = 64 * 1024
"""Of a webhook's body."""
_AREA: Final = "payment_webhook"
_KIND: Final = "webhooks"
_SEEN: Final = select(InboxEvent.event_id).where(
    InboxEvent.provider == bindparam("provider"), InboxEvent.event_id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class _Told:
    provider: str
    event: ProviderEvent
    body: bytes
    traceparent: str | None


class _Taken(NamedTuple):
    outcome: str
    order_id: UUID | None = None


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
    told = _Told(name, event, body, tracing.traceparent())
    outcome, order_id = await ask_together(infra, _KIND, partial(_take_together, infra), told)
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


async def _take_together(infra: Infra, told: Sequence[_Told]) -> list[_Taken | Exception]:
    async def work(session: AsyncSession) -> list[_Taken | Exception]:
        return await _take(session, infra, told)

    # Of an event that another process takes at the same time, the next look sees the row.
    return await transact_for_request(infra, work, races=RACES)


async def _take(session: AsyncSession, infra: Infra, told: Sequence[_Told]) -> list[_Taken | Exception]:
    known = await _known(session, told)
    places = await find_told(session, [(one.provider, s) for one in told if (s := one.event.standing)])
    rows, news, taken = list[dict[str, Any]](), list[News](), list[_Taken | Exception]()
    for one in told:
        key, standing = (one.provider, one.event.id), one.event.standing
        if key in known:
            taken.append(_Taken("REPLAYED"))
            continue
        known.add(key)
        place = None if standing is None else places.get((one.provider, standing.key, standing.reference))
        row = _row(one, place, infra.now())
        rows.append(row)
        if place is not None and standing is not None:
            news.append(News(place.payment_id, standing, one.traceparent, place.order_id))
        taken.append(_Taken(row["state"].value, None if place is None else place.order_id))
    if rows:
        rows.sort(key=itemgetter("provider", "event_id"))  # two processes' groups do not wait for each other
        await (await session.connection()).execute(insert(InboxEvent), rows)
    await settle(session, infra, news)
    return taken


def _row(told: _Told, place: Place | None, now: datetime) -> dict[str, Any]:
    unused = InboxState.IGNORED if told.event.standing is None else InboxState.UNKNOWN
    return {
        "provider": told.provider,
        "event_id": told.event.id,
        "kind": told.event.kind,
        "state": InboxState.DONE if place else unused,
        "payment_id": place.payment_id if place else None,
        "body": None if place else orjson.loads(told.body),
        "received_at": now,
    }


async def _known(session: AsyncSession, told: Sequence[_Told]) -> set[tuple[str, str]]:
    """Returns those of the events that came before."""
    found: set[tuple[str, str]] = set()
    for provider in {one.provider for one in told}:
        asked = {"provider": provider, "ids": [one.event.id for one in told if one.provider == provider]}
        found |= {(provider, row.event_id) for row in await plain_rows(session, _SEEN, asked)}
    return found
