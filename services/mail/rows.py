"""Tokens that are mailed: random, single-use, expiring, kept as SHA-256 only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import AccountToken, OrderLink, QueuedMail, TokenPurpose, User
from services.shared.errors import InvalidToken

MAX_LIVE = 5
"""Tokens of one purpose that a user may have at a time: nobody's mailbox can be flooded through us."""
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Redeemed:
    user_id: UUID
    purpose: TokenPurpose
    data: dict[str, str]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """``secret`` is for the mail alone."""

    id: UUID
    secret: str
    expires_at: datetime


def hash_token(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def issue_token(
    session: AsyncSession, user_id: UUID, purpose: TokenPurpose, data: dict[str, str], *, now: datetime, ttl: float
) -> IssuedToken | None:
    """Issue a mailed token; None when the user has as many as may be."""
    live = await session.scalar(
        select(func.count()).where(
            AccountToken.user_id == user_id,
            AccountToken.purpose == purpose,
            AccountToken.used_at.is_(None),
            AccountToken.expires_at > now,
        )
    )
    if (live or 0) >= MAX_LIVE:
        return None
    issued = IssuedToken(new_id(), secrets.token_urlsafe(32), now + timedelta(seconds=ttl))
    session.add(
        AccountToken(
            id=issued.id,
            user_id=user_id,
            purpose=purpose,
            token_hash=hash_token(issued.secret),
            data=data,
            created_at=now,
            expires_at=issued.expires_at,
        )
    )
    return issued


def issue_order_link(session: AsyncSession, order_id: UUID, now: datetime, ttl: float) -> str:
    """Issue a secret link to one order; returns the secret, which is for who gets the mail alone."""
    secret = secrets.token_urlsafe(32)
    expires_at = now + timedelta(seconds=ttl)
    session.add(OrderLink(token_hash=hash_token(secret), order_id=order_id, created_at=now, expires_at=expires_at))
    return secret


async def find_token(
    session: AsyncSession, secret: str, purposes: tuple[TokenPurpose, ...], now: datetime
) -> Redeemed:
    """Find a live token, without using it. Errors: InvalidToken, for all reasons alike."""
    if len(secret) > _MAX_LENGTH:
        raise InvalidToken
    row = await session.scalar(
        select(AccountToken).where(
            AccountToken.token_hash == hash_token(secret),
            AccountToken.purpose.in_(purposes),
            AccountToken.used_at.is_(None),
            AccountToken.expires_at > now,
        )
    )
    if row is None:
        raise InvalidToken
    return Redeemed(row.user_id, TokenPurpose(row.purpose), dict(row.data))


async def redeem_token(
    session: AsyncSession, secret: str, purposes: tuple[TokenPurpose, ...], now: datetime
) -> Redeemed:
    """Use a token up, by compare-and-set: of many who race with one, one wins. Errors: InvalidToken."""
    found = await find_token(session, secret, purposes, now)
    used = await session.execute(
        update(AccountToken)
        .where(AccountToken.token_hash == hash_token(secret), AccountToken.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # of a CursorResult
        raise InvalidToken
    return found


async def revoke_tokens(session: AsyncSession, user: User, *purposes: TokenPurpose) -> None:
    """Revoke what was mailed for these purposes, and the mails that wait: sent later, they would bring new ones.

    ``user`` is locked, and has the address yet that the mails went to.
    """
    await session.execute(
        delete(AccountToken).where(
            AccountToken.user_id == user.id,
            AccountToken.purpose.in_(purposes),
            AccountToken.used_at.is_(None),
        )
    )
    # Whoever asks for a reset only gives an address.
    theirs = or_(
        QueuedMail.user_id == user.id, and_(QueuedMail.user_id.is_(None), QueuedMail.recipient == user.mailbox)
    )
    # Found first, without a lock: a search by recipient would hold the mails of everybody.
    waiting = list(await session.scalars(select(QueuedMail.id).where(QueuedMail.kind.in_(purposes), theirs)))
    if waiting:
        await session.execute(delete(QueuedMail).where(QueuedMail.id.in_(waiting)))


async def is_queued(session: AsyncSession, mail_id: UUID) -> bool:
    """Returns whether the mail still waits; held until the commit."""
    query = select(QueuedMail.id).where(QueuedMail.id == mail_id).with_for_update()
    return await session.scalar(query) is not None


async def forget_token(session: AsyncSession, token_id: UUID) -> None:
    """Delete a token that reached nobody."""
    await session.execute(delete(AccountToken).where(AccountToken.id == token_id))
