"""Refresh a session: exchange its refresh token, which is good for one time, for a new pair.

Of those who race with the same token the compare-and-set on its hash names one winner. The others find it just
used, and get what the winner got (``refresh_grace``). A token that was used before then is in the wrong hands, or
the right ones have lost their place: the whole family ends (RFC 9700, section 4.14.2).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.session import RefreshSession
from models.user import User
from services.audit.record import Outcome, record
from services.session.access_tokens import AccessTokens
from services.session.end_session import Reason, end_session
from services.session.new_session import SignedIn
from services.session.revoke_sessions import revoke_sessions
from services.session.rules import is_alive, may_sign_in
from services.session.token_pair import TokenPair, digest, new_refresh_token, seal, session_of, unseal
from services.shared.client import MAX_DEVICE, Client
from services.shared.errors import SessionExpired

log = structlog.get_logger(__name__)


async def refresh_session(infra: Infra, tokens: AccessTokens, refresh_token: str, client: Client) -> SignedIn:
    """Errors: SessionExpired, StoreUnavailable."""
    session_id = session_of(refresh_token)
    if session_id is None:
        raise SessionExpired()
    exchange = _Exchange(infra, tokens, refresh_token, session_id, client)
    # Cut off, it may have happened: then the same token gets the same pair, within the grace.
    result = await infra.database.transact(exchange.run, timeout=infra.settings.store_timeout)
    if exchange.family_ended:
        log.warning("session.token_reused", session=str(session_id))
        await revoke_sessions(infra, [session_id])
    if result is None:
        raise SessionExpired()
    return result


def record_reuse(session: AsyncSession, row: RefreshSession, client: Client, now: datetime) -> None:
    """Record that a refresh token came again: somebody has a copy of it, and the session has ended for that."""
    details = {"session": row.id.hex}
    record(
        session,
        "session.token_reused",
        now=now,
        subject=row.user_id,
        client=client,
        details=details,
        outcome=Outcome.REFUSED,
    )


def was_just_used(row: RefreshSession, token_hash: str, infra: Infra) -> bool:
    """Returns whether it is the token before the current one, within the grace."""
    if row.previous_hash is None or row.rotated_at is None:
        return False
    recent = infra.now() - row.rotated_at <= timedelta(seconds=infra.settings.sign_in.refresh_grace)
    return recent and compare_digest(row.previous_hash, token_hash)


@dataclass(slots=True)
class _Exchange:
    infra: Infra
    tokens: AccessTokens
    token: str
    session_id: UUID
    client: Client
    family_ended: bool = False

    async def run(self, session: AsyncSession) -> SignedIn | None:
        self.family_ended = False
        token_hash = digest(self.token)
        # Who loses the race looks once more, and sees what the winner did.
        for _ in range(2):
            found = await _find(session, self.session_id)
            if found is None:
                return None
            row, user = found
            if not is_alive(row, self.infra.now(), self.infra.settings) or not may_sign_in(user):
                return None
            if not compare_digest(row.token_hash, token_hash):
                return await self._used_before(session, row, user, token_hash)
            pair = self._new_pair(row, user)
            if await self._rotate(session, token_hash, pair):
                return SignedIn(user, pair)
        return None

    def _new_pair(self, row: RefreshSession, user: User) -> TokenPair:
        issued = self.tokens.issue(user, row.id)
        return TokenPair(issued.token, issued.expires_at, new_refresh_token(row.id), row.expires_at)

    async def _rotate(self, session: AsyncSession, token_hash: str, pair: TokenPair) -> bool:
        now = self.infra.now()
        rotated = await session.execute(
            update(RefreshSession)
            .where(
                RefreshSession.id == self.session_id,
                RefreshSession.token_hash == token_hash,
                RefreshSession.revoked_at.is_(None),
            )
            .values(
                token_hash=digest(pair.refresh_token),
                previous_hash=token_hash,
                successor=seal(pair, self.session_id, self.token),
                rotated_at=now,
                last_used_at=now,
                device=self.client.device[:MAX_DEVICE],
                ip=self.client.ip,
            )
            .execution_options(synchronize_session=False)
        )
        return bool(rotated.rowcount)  # type: ignore[attr-defined]

    async def _used_before(
        self, session: AsyncSession, row: RefreshSession, user: User, token_hash: str
    ) -> SignedIn | None:
        if was_just_used(row, token_hash, self.infra) and row.successor is not None:
            try:
                return SignedIn(user, unseal(row.successor, row.id, self.token))
            except InvalidTag:
                log.error("session.successor_unreadable", session=str(row.id))
        self.family_ended = await end_session(session, row.id, Reason.TOKEN_REUSED, self.infra.now())
        if self.family_ended:
            record_reuse(session, row, self.client, self.infra.now())
        return None


async def _find(session: AsyncSession, session_id: UUID) -> tuple[RefreshSession, User] | None:
    query = (
        select(RefreshSession, User)
        .join(User, User.id == RefreshSession.user_id)
        .where(RefreshSession.id == session_id)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1])
