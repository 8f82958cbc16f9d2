"""Send the sandbox's webhooks, signed, until they are taken."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import httpx2
import orjson
import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue
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
        await _Sender(infra)(due)
    return len(due)


def send_soon(infra: Infra, taken: Sequence[Taken]) -> None:
    """Have this process send what it has taken; what it does not come to, a worker does after the lease.

    The caller does not wait, and what others have taken meanwhile goes in the same round.
    """
    rounds = infra.groups.of("sandbox events", _Sender(infra), at_once=_ROUNDS)
    for one in taken:
        rounds.put(one)


class _Sender:
    """Sends webhooks over connections that are kept for as long as there is one under way."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._client: httpx2.AsyncClient | None = None
        self._rounds = 0

    async def __call__(self, taken: Sequence[Taken]) -> list[None]:
        async with self._line() as client:
            done = await asyncio.gather(*(_send(self._infra, client, one) for one in taken))
        over = [one.id for one, sent in zip(taken, done, strict=True) if sent or one.attempts >= MOST_ATTEMPTS]
        if over:
            await self._infra.database.transact(lambda session: _delete(session, over), timeout=WORKERS_PATIENCE)
        return [None] * len(taken)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[httpx2.AsyncClient]:
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=_tls())
        client, self._rounds = self._client, self._rounds + 1
        try:
            yield client
        finally:
            self._rounds -= 1
            if not self._rounds:
                self._client = None
                await client.aclose()


async def _claim(session: AsyncSession, infra: Infra) -> Sequence[Taken]:
    rows = await QUEUE.take(session, infra.now())
    return [Taken.of(row) for row in rows]


async def _send(infra: Infra, client: httpx2.AsyncClient, due: Taken) -> bool:
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
