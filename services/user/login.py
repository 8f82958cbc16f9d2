"""Log in: a session for the user whose e-mail and password these are. Tries are counted."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import User
from services.audit.record import record
from services.audit.refused_sign_in import Why, refused_sign_in
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn, new_session
from services.session.rules import may_sign_in
from services.shared.client import Client
from services.shared.errors import InvalidCredentials
from services.user.claim_guests import claim_guests
from services.user.count_try import count_try, forgive_tries
from services.user.rules import (
    InvalidEmail,
    hash_password,
    needs_rehash,
    normalise_email,
    turn_to_hash,
    verify_password,
)

_METHOD = {"method": "password"}


async def login(infra: Infra, tokens: AccessTokens, *, email: str, password: str, client: Client) -> SignedIn:
    """Sign in by password. Takes as long, and says the same, for an unknown e-mail and for a locked account.

    Errors: InvalidCredentials, RateLimited, TryAgain, StoreUnavailable.
    """
    async with turn_to_hash(client.network):
        return await _log_in(infra, tokens, _looked_up_by(email), password, client)


async def _log_in(infra: Infra, tokens: AccessTokens, address: str, password: str, client: Client) -> SignedIn:
    await count_try(infra, address, client)
    user = await _find(infra, address)
    # One verification whatever was found, before anything of it is looked at.
    matches = await verify_password(user.password_hash if user else None, password)
    if not matches or user is None or not may_sign_in(user):
        await refused_sign_in(infra, user.id if user else None, _why(user, matches), client)
        raise _wrong()
    started = new_session(infra, tokens, user, client)
    renewed = await hash_password(password) if needs_rehash(user.password_hash) else None

    async def work(session: AsyncSession) -> bool:
        if not await _is_unchanged(session, user):
            return False
        if renewed is not None:
            await session.execute(update(User).where(User.id == user.id).values(password_hash=renewed))
        session.add(started.row)
        if user.email_verified_at is not None:
            await claim_guests(session, user, infra.now())
        record(session, "session.opened", now=infra.now(), subject=user.id, client=client, details=_METHOD)
        return True

    if not await infra.database.transact(work, timeout=infra.settings.store_timeout):
        raise _wrong()
    await forgive_tries(infra, address, client)
    return SignedIn(user, started.tokens)


def _why(user: User | None, matches: bool) -> Why:
    if user is None:
        return "UNKNOWN_ACCOUNT"
    return "NOT_ALLOWED" if matches else "WRONG_PASSWORD"


def _looked_up_by(email: str) -> str:
    """Returns the one spelling of the address; of what is none, and finds nobody, what was typed."""
    try:
        return normalise_email(email)
    except InvalidEmail:
        return email


async def _find(infra: Infra, address: str) -> User | None:
    async with infra.database.read() as session:
        return await session.scalar(select(User).where(User.email == address))


async def _is_unchanged(session: AsyncSession, user: User) -> bool:
    """Returns False when the password was changed, or the account locked, while we verified: that ended all
    sessions."""
    query = select(User.password_hash, User.locked_at, User.closed_at).where(User.id == user.id).with_for_update()
    now = (await session.execute(query)).one_or_none()
    return now is not None and tuple(now) == (user.password_hash, None, None)


def _wrong() -> InvalidCredentials:
    return InvalidCredentials("The e-mail address or the password is wrong.")
