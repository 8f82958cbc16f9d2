"""Where webhooks go, kept by administrators."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import WebhookEndpoint
from services.audit.record import record
from services.shared.client import Client
from services.shared.errors import FieldProblem, InvalidInput, NotFound
from services.shared.events import EVENT_TYPES

MOST: Final = 50
"""Endpoints of a shop."""
_LONGEST_URL: Final = 500
_PREFIX: Final = "whsec_"
OVERLAP: Final = timedelta(days=1)
"""How long the secret of before signs beside a new one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which administrator, and from where."""

    user_id: UUID
    client: Client


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """None: left as it is."""

    url: str | None = None
    types: Sequence[str] | None = None
    enabled: bool | None = None


def new_secret() -> str:
    """Make a secret as Standard Webhooks has it: 32 random bytes in base64."""
    return _PREFIX + b64encode(token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    return b64decode(secret.removeprefix(_PREFIX))


def check_endpoint(change: EndpointChange) -> None:
    """Errors: InvalidInput with every problem."""
    problems = {"url": _url_problem(change.url), "types": _types_problem(change.types)}
    found = [FieldProblem(("input", name), problem) for name, problem in problems.items() if problem]
    if found:
        raise InvalidInput(found)


def _url_problem(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be an http or https URL of at most {_LONGEST_URL} ASCII characters"
    if urlsplit(url).username is not None or "#" in url:
        return "must have no user name, password or fragment"
    return None


def _types_problem(types: Sequence[str] | None) -> str | None:
    if types is None:
        return None
    if not 1 <= len(types) <= len(EVENT_TYPES):
        return f"must have 1 to {len(EVENT_TYPES)} entries"
    unknown = [name for name in types if name not in EVENT_TYPES]
    return f"has no type of event: {unknown[0][:100]}" if unknown else None


async def create_endpoint(infra: Infra, url: str, types: Sequence[str], asking: Asking) -> WebhookEndpoint:
    """Create an endpoint; its secret is shown once. Errors: InvalidInput, StoreUnavailable."""
    check_endpoint(EndpointChange(url, types))
    now = infra.now()
    row = WebhookEndpoint(
        id=new_id(),
        url=url,
        types=sorted(set(types)),
        secret=new_secret(),
        enabled=True,
        owner_id=asking.user_id,
        created_at=now,
        updated_at=now,
    )

    async def work(session: AsyncSession) -> None:
        if (await session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= MOST:
            raise InvalidInput.at("url", message=f"there are {MOST} endpoints already")
        session.add(row)
        _record(session, infra, "webhook.created", row, asking)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return row


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
        row = await _lock(session, endpoint_id)
        _record(session, infra, "webhook.deleted", row, asking)
        await session.delete(row)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)


async def list_endpoints(infra: Infra) -> Sequence[WebhookEndpoint]:
    """Returns the endpoints, the oldest first. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        return (await session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id))).all()


async def _change(
    infra: Infra, endpoint_id: UUID, action: str, apply: Callable[[WebhookEndpoint], None], asking: Asking
) -> WebhookEndpoint:
    async def work(session: AsyncSession) -> WebhookEndpoint:
        row = await _lock(session, endpoint_id)
        apply(row)
        row.updated_at = infra.now()
        _record(session, infra, action, row, asking)
        return row

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


async def _lock(session: AsyncSession, endpoint_id: UUID) -> WebhookEndpoint:
    row = await session.get(WebhookEndpoint, endpoint_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such endpoint.")
    return row


def _record(session: AsyncSession, infra: Infra, action: str, row: WebhookEndpoint, asking: Asking) -> None:
    details = {"url": row.url, "types": " ".join(row.types)[:500]}
    record(session, action, now=infra.now(), subject=row.id, actor=asking.user_id, client=asking.client,
           details=details)  # fmt: skip
