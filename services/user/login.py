"""Log in: a session for the user whose e-mail and password these are. Tries are counted."""

import hashlib

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.refusals import Refusal
from infra.runtime import Infra
from models.user import User
from services.audit.record import record
from services.audit.refused_sign_in import Why, refused_sign_in
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn, new_session
from services.session.rules import may_sign_in
from services.shared.client import Client
from services.shared.errors import InvalidCredentials, RateLimited, TryAgain
from services.shared.rate_limits import LOGIN_ACCOUNT, LOGIN_PAIR, spend
from services.user.rules import InvalidEmail, hash_password, needs_rehash, normalise_email, verify_password

log = structlog.get_logger(__name__)
_METHOD = {"method": "password"}


async def login(infra: Infra, tokens: AccessTokens, *, email: str, password: str, client: Client) -> SignedIn:
    """Sign in by password. Takes as long, and says the same, for an unknown e-mail and for a locked account.

    Errors: InvalidCredentials, RateLimited, TryAgain, StoreUnavailable.
    """
    await count_try(infra, email, client)
    user = await _find(infra, email)
    # One verification whatever was found, before anything of it is looked at.
    matches = await verify_password(user.password_hash if user else None, password)
    if not matches or user is None or not may_sign_in(user):
        await refused_sign_in(infra, user.id if user else None, _why(user, matches), client)
        raise _wrong()
    started = new_session(infra, tokens, user, client)
    renewed = await _renew(user, password)

    async def work(session: AsyncSession) -> bool:
        if not await _is_unchanged(session, user):
            return False
        if renewed is not None:
            await session.execute(update(User).where(User.id == user.id).values(password_hash=renewed))
        session.add(started.row)
        record(session, "session.opened", now=infra.now(), subject=user.id, client=client, details=_METHOD)
        return True

    if not await infra.database.transact(work, timeout=infra.settings.store_timeout):
        raise _wrong()
    await clear(infra, email, client)
    return SignedIn(user, started.tokens)


def _why(user: User | None, matches: bool) -> Why:
    if user is None:
        return "UNKNOWN_ACCOUNT"
    return "NOT_ALLOWED" if matches else "WRONG_PASSWORD"


async def _find(infra: Infra, email: str) -> User | None:
    try:
        normal = normalise_email(email)
    except InvalidEmail:
        return None
    async with infra.database.read() as session:
        return await session.scalar(select(User).where(User.email == normal))


async def _renew(user: User, password: str) -> str | None:
    """Returns the hash with today's parameters, if the stored one has others."""
    if not needs_rehash(user.password_hash):
        return None
    try:
        return await hash_password(password)
    except TryAgain:
        log.info("login.rehash_put_off", user=str(user.id))
        return None


async def _is_unchanged(session: AsyncSession, user: User) -> bool:
    """Returns False when the password was changed, or the account locked, while we verified: that ended all
    sessions."""
    query = select(User.password_hash, User.locked_at, User.closed_at).where(User.id == user.id).with_for_update()
    now = (await session.execute(query)).one_or_none()
    return now is not None and tuple(now) == (user.password_hash, None, None)


def _wrong() -> InvalidCredentials:
    return InvalidCredentials("The e-mail address or the password is wrong.")


async def count_try(infra: Infra, email: str, client: Client) -> None:
    """Errors: RateLimited."""
    account = _account(email)
    try:
        await spend(infra, LOGIN_PAIR, f"{account}:{client.network}", exact=True)
        await spend(infra, LOGIN_ACCOUNT, account, exact=True)
    except RateLimited:
        refusal = Refusal("session.throttled", "", account, client.ip, client.device)
        infra.refusals.note(refusal, infra.now().timestamp())
        raise


async def clear(infra: Infra, email: str, client: Client) -> None:
    account = _account(email)
    await infra.rates.forgive(LOGIN_PAIR, f"{account}:{client.network}")
    await infra.rates.forgive(LOGIN_ACCOUNT, account)


def _account(email: str) -> str:
    # What was typed may be of any length, and is nobody's business in a key.
    return hashlib.sha256(email.strip().casefold().encode("utf-8", "replace")).hexdigest()[:32]
