"""Make a service token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import ServiceToken
from models.enums import Scope
from services.audit.record import record
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput
from services.shared.texts import text_problem

MAX_NAME = 100
MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class NewToken:
    """``lifetime`` is None for a token that does not expire."""

    name: str
    scopes: tuple[Scope, ...]
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class MadeToken:
    """``token`` is shown once, and kept nowhere."""

    row: ServiceToken
    token: str


async def create_token(infra: Infra, wish: NewToken, *, actor: UUID | str, client: Client = NOWHERE) -> MadeToken:
    """Errors: InvalidInput, StoreUnavailable."""
    _check_token(wish)
    token, now = new_secret(), infra.now()
    row = ServiceToken(
        id=new_id(),
        name=wish.name.strip(),
        token_hash=digest(token),
        roles=[],
        scopes=sorted({scope.value for scope in wish.scopes}),
        created_by=actor.hex if isinstance(actor, UUID) else actor,
        created_at=now,
        expires_at=None if wish.lifetime is None else now + wish.lifetime,
    )

    async def work(session: AsyncSession) -> None:
        session.add(row)
        details = {"name": row.name, "scopes": " ".join(row.scopes)}
        record(session, "token.created", now=now, subject=row.id, actor=actor, client=client, details=details)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return MadeToken(row, token)


def _check_token(wish: NewToken) -> None:
    if not wish.name.strip():
        raise InvalidInput.at("name", message="say what the token is for")
    if problem := text_problem(wish.name, MAX_NAME):
        raise InvalidInput.at("name", message=problem)
    if not wish.scopes:
        raise InvalidInput.at("scopes", message="name at least one")
    if wish.lifetime is not None and not timedelta(0) < wish.lifetime <= timedelta(days=MAX_DAYS):
        raise InvalidInput.at("expiresInDays", message=f"must be more than 0 and at most {MAX_DAYS}")


PREFIX = "rct_"
_BYTES = 32
LENGTH = len(PREFIX) + 43
"""Of a whole token: 32 random bytes in base64."""


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest(token: str) -> str:
    """Returns the SHA-256 in hex. A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
