"""Link an identity by the token that was mailed to the account's address."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Identity, TokenPurpose, User
from services.audit.record import record
from services.identity.link_identity import add_identity
from services.identity.provider_identity import ProviderIdentity
from services.mail.rows import Redeemed, find_token, redeem_token, revoke_tokens
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import Client
from services.shared.errors import IdentityTaken, InvalidToken, NotFound
from services.user.rows import lock_account

_PURPOSE = (TokenPurpose.LINK_IDENTITY,)


async def confirm_link(infra: Infra, *, token: str, client: Client) -> str:
    """Confirm a link by its mailed token.

    Returns the provider's name. Errors: InvalidToken, IdentityTaken, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> tuple[str, Sequence[UUID]]:
        now = infra.now()
        found = await find_token(session, token, _PURPOSE, now)
        user = await _lock(session, found)
        await redeem_token(session, token, _PURPOSE, now)
        ended = [] if user.email_verified_at else await _take_over(session, user, now, client)
        row = await add_identity(session, user, _identity(found), now=now, client=client)
        return row.provider, ended

    try:
        provider, ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise IdentityTaken from None
    await revoke_sessions(infra, ended)
    return provider


async def _take_over(session: AsyncSession, user: User, now: datetime, client: Client) -> Sequence[UUID]:
    """Nobody has shown until now that the address is theirs: whoever opened the account may have been another,
    who waited for its owner to come and sign in with their provider. All that they have of it ends."""
    user.password_hash = ""
    user.email_verified_at = now
    await session.execute(delete(Identity).where(Identity.user_id == user.id))
    await revoke_tokens(session, user, *TokenPurpose)
    record(session, "email.verified", now=now, subject=user.id, client=client)
    record(session, "password.removed", now=now, subject=user.id, client=client)
    return await end_all_sessions(session, user.id, Reason.PASSWORD_CHANGED, now)


async def _lock(session: AsyncSession, found: Redeemed) -> User:
    try:
        user = await lock_account(session, found.user_id)
    except NotFound:
        raise InvalidToken from None
    if user.email != found.data["email"] or user.locked_at is not None:
        raise InvalidToken
    return user


def _identity(found: Redeemed) -> ProviderIdentity:
    data = found.data
    return ProviderIdentity(
        provider=data["provider_name"],
        issuer=data["issuer"],
        subject=data["subject"],
        email=data["email"],
        email_verified=True,
        name="",
        locale="",
    )
