"""Send the sandbox's webhooks, signed, until they are taken."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx2
import orjson
import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue
from infra.http_client import HttpClient
from infra.runtime import Infra
from models import SandboxEvent
from services.payment.sandbox.secret import webhook_secret
from services.shared.signature import sign

log = structlog.get_logger(__name__)
BATCH: Final = 100
MOST_ATTEMPTS: Final = 12
"""An hour and more; who has not taken it by then asks."""
QUEUE: Final = DueQueue(
    SandboxEvent,
    SandboxEvent.due_at,
    lease=Backoff(timedelta(seconds=2), least=timedelta(seconds=15)),
    batch=BATCH,
    tries=SandboxEvent.attempts,
)
_TIMEOUT: Final = 5.0
_ROUNDS: Final = 4
"""At once: one that waits for its answers holds up no other."""
_LIMITS: Final = httpx2.Limits(keepalive_expiry=1.0)
"""Long before a server closes a connection that is idle."""
_SEEN_OFF_WITHIN: Final = 2.0
"""Seconds for which a customer is kept, until the shop knows."""


@cache
def _tls() -> ssl.SSLContext:
    """Made once: it takes 25 ms."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Taken:
    """A webhook that is ours to send until its lease is over; ``attempts`` counts this one."""

    id: UUID
    url: str
    body: dict[str, Any]
    attempts: int

    @classmethod
    def of(cls, row: SandboxEvent) -> "Taken":
        return cls(row.id, row.url, dict(row.body), row.attempts)


async def send_events(infra: Infra) -> int:
    """Send a batch of webhooks that are due; returns how many. Errors: StoreUnavailable."""
    due = await infra.database.transact(lambda session: _claim(session, infra), timeout=WORKERS_PATIENCE)
    if due:
        async with aclosing(_Sender(infra)) as sender:
            await sender([_Sending(one, asyncio.Event()) for one in due])
    return len(due)


async def send_now(infra: Infra, taken: Sequence[Taken], *, within: float = _SEEN_OFF_WITHIN) -> None:
    """Have this process send what it has taken, and wait ``within`` seconds until each is answered, well or not: a
    customer who is sent back then finds the order paid, as after a card form that waits for the shop.

    What others have taken meanwhile goes in the same round; what this process does not come to, a worker does
    after the lease.
    """
    rounds = infra.groups.of("sandbox events", sender := _Sender(infra), at_once=_ROUNDS, close=sender.aclose)
    sending = [_Sending(one, asyncio.Event()) for one in taken]
    for one in sending:
        rounds.put(one)
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            for one in sending:
                await one.answered.wait()


class _Sending(NamedTuple):
    event: Taken
    answered: asyncio.Event


class _Sender:
    """Sends webhooks over connections that are kept until it is closed."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._client: HttpClient | None = None

    async def __call__(self, sending: Sequence[_Sending]) -> list[None]:
        if self._client is None:
            self._client = HttpClient(timeout=_TIMEOUT, trust_env=False, verify=_tls(), limits=_LIMITS)
        client = self._client
        done = await asyncio.gather(*(self._send(client, one) for one in sending))
        tried = [(one.event, sent) for one, sent in zip(sending, done, strict=True)]
        over = [event.id for event, sent in tried if sent or event.attempts >= MOST_ATTEMPTS]
        if over:
            await self._infra.database.transact(lambda session: _delete(session, over), timeout=WORKERS_PATIENCE)
        return [None] * len(sending)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, client: HttpClient, one: _Sending) -> bool:
        try:
            return await _send(self._infra, client, one.event)
        finally:
            one.answered.set()


async def _claim(session: AsyncSession, infra: Infra) -> Sequence[Taken]:
    rows = await QUEUE.take(session, infra.now())
    return [Taken.of(row) for row in rows]


async def _send(infra: Infra, client: HttpClient, due: Taken) -> bool:
    body = orjson.dumps(due.body)
    headers = sign(webhook_secret(infra.settings), str(due.body["id"]), body, infra.now())
    try:
        answer = await client.post(due.url, content=body, headers={"content-type": "application/json"} | headers)
    except httpx2.HTTPError as error:
        log.info("sandbox.webhook_not_sent", event_id=due.body["id"], reason=type(error).__name__)
        return False
    return answer.is_success


async def _delete(session: AsyncSession, ids: Sequence[UUID]) -> None:
    await session.execute(delete(SandboxEvent).where(SandboxEvent.id.in_(ids)))
