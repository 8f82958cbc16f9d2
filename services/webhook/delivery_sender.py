"""Send what is due: each endpoint by itself, so that a slow one keeps nobody waiting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx2
import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.cancellation import cancel_and_wait
from infra.cloudevents import MEDIA_TYPE
from infra.database import WORKERS_PATIENCE
from infra.due_queue import DueQueue, always
from infra.errors import StoreUnavailable
from infra.http_client import HttpClient
from infra.runtime import Infra
from models import DeliveryState, WebhookDelivery, WebhookEndpoint
from services.shared.signature import sign
from services.webhook.find_target import NoAddress, find_target
from services.webhook.note_answer import Answer, note_answer
from services.webhook.rules import secret_bytes

log = structlog.get_logger(__name__)
AT_ONCE: Final = 5
"""Deliveries of an endpoint."""
_ENDPOINTS: Final = 20
"""That a worker serves at once."""
QUEUE: Final = DueQueue(
    WebhookDelivery,
    WebhookDelivery.due_at,
    lease=always(timedelta(seconds=90)),
    batch=AT_ONCE,
    tries=WebhookDelivery.attempts,
    only=(WebhookDelivery.state == DeliveryState.PENDING,),
)
_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Due:
    id: UUID
    endpoint_id: UUID
    event_id: str
    body: dict[str, Any]
    attempts: int
    url: str
    secrets: tuple[str, ...]


class DeliverySender:
    """``run`` again and again; ``close`` at the end. What is cut off is sent again after its lease."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._busy: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Start to serve the endpoints that have something due. Errors: StoreUnavailable."""
        self._busy = {key: task for key, task in self._busy.items() if not task.done()}
        for endpoint_id in await _with_due(self._infra, set(self._busy), _ENDPOINTS - len(self._busy)):
            self._busy[endpoint_id] = asyncio.create_task(self._serve(endpoint_id))

    async def close(self) -> None:
        await cancel_and_wait(*self._busy.values())

    async def _serve(self, endpoint_id: UUID) -> None:
        try:
            while await send_due(self._infra, endpoint_id):
                pass
        except StoreUnavailable as error:
            log.warning("webhook.waiting", store=error.store)


async def _with_due(infra: Infra, busy: set[UUID], most: int) -> Sequence[UUID]:
    if most <= 0:
        return []
    found = (
        select(WebhookDelivery.endpoint_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookEndpoint.enabled, QUEUE.is_due(infra.now()), WebhookDelivery.endpoint_id.not_in(busy))
        .distinct()
        .limit(most)
    )
    async with infra.database.read() as session:
        return (await session.scalars(found)).all()


async def send_due(infra: Infra, endpoint_id: UUID) -> int:
    """Send a few of the endpoint's deliveries that are due, at once; returns how many.

    Errors: StoreUnavailable.
    """
    due = await infra.database.transact(
        lambda session: _claim(session, infra, endpoint_id), timeout=WORKERS_PATIENCE
    )
    answers = await asyncio.gather(*(_send(infra, one) for one in due))
    for one, answer in zip(due, answers, strict=True):
        await note_answer(infra, one.id, answer)
    return len(due)


async def _claim(session: AsyncSession, infra: Infra, endpoint_id: UUID) -> Sequence[Due]:
    now = infra.now()
    endpoint = await session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or not endpoint.enabled:
        return []
    rows = await QUEUE.take(session, now, WebhookDelivery.endpoint_id == endpoint_id)
    url, secrets = endpoint.url, _secrets(endpoint, now)
    return [Due(r.id, endpoint_id, r.event_id, dict(r.body), r.attempts, url, secrets) for r in rows]


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    if endpoint.old_secret is None or endpoint.old_secret_until is None or endpoint.old_secret_until < now:
        return (endpoint.secret,)
    return (endpoint.secret, endpoint.old_secret)


async def _send(infra: Infra, due: Due) -> Answer:
    timeout = infra.settings.webhook_timeout
    body = orjson.dumps(due.body)
    try:
        async with asyncio.timeout(timeout):
            target = await find_target(due.url, infra.settings)
            headers = {"host": target.host, "content-type": MEDIA_TYPE}
            headers |= _signed(due, body, infra.now())
            async with (
                HttpClient(timeout=timeout, trust_env=False, follow_redirects=False) as client,
                client.stream(
                    "POST", target.url, content=body, headers=headers, extensions={"sni_hostname": target.name}
                ) as response,
            ):
                return Answer(response.status_code, await _beginning(response))
    except NoAddress as error:
        return Answer(None, str(error))
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
        return Answer(None, f"no answer: {type(error).__name__}")


def _signed(due: Due, body: bytes, now: datetime) -> dict[str, str]:
    signed = [sign(secret_bytes(secret), due.event_id, body, now) for secret in due.secrets]
    return signed[0] | {"webhook-signature": " ".join(one["webhook-signature"] for one in signed)}


async def _beginning(response: httpx2.Response) -> str:
    """Returns the beginning of what it answered; the rest is not read."""
    read = b""
    async for part in response.aiter_bytes():
        read += part
        if len(read) >= _SHOWN:
            break
    return "".join(c if c.isprintable() else " " for c in read[:_SHOWN].decode(errors="replace"))
