"""Choose a new password by a token that was mailed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Identity, TokenPurpose, User
from services.account.set_password import set_password
from services.mail.rows import find_token, redeem_token
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput, InvalidToken, NotFound
from services.user.rows import lock_account
from services.user.rules import hash_password, password_problem, turn_to_hash

_PURPOSE = (TokenPurpose.RESET_PASSWORD,)


async def reset_password(infra: Infra, *, token: str, new: str, client: Client = NOWHERE) -> None:
    """Set a new password by a mailed token; all sessions end.

    Errors: InvalidToken, InvalidInput, TryAgain, StoreUnavailable.
    """
    # A look first: only who has a token may have us compute a hash.
    async with infra.database.read() as session:
        found = await find_token(session, token, _PURPOSE, infra.now())
    if problem := password_problem(new, found.data["email"]):
        raise InvalidInput.at("newPassword", message=problem)
    async with turn_to_hash(client.network):
        password_hash = await hash_password(new)

    async def work(session: AsyncSession) -> Sequence[UUID]:
        now = infra.now()
        user = await _lock(session, found.user_id, found.data["email"])
        await redeem_token(session, token, _PURPOSE, now)
        if user.email_verified_at is None:
            # Who has the token reads the address, as nobody has shown before: other providers that sign in to
            # the account may be those of somebody who opened it with an address that is not theirs.
            await session.execute(delete(Identity).where(Identity.user_id == user.id))
            user.email_verified_at = now
        return await set_password(session, user, password_hash, action="password.reset", now=now, client=client)

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)


async def _lock(session: AsyncSession, user_id: UUID, email: str) -> User:
    try:
        user = await lock_account(session, user_id)
    except NotFound:
        raise InvalidToken from None
    if user.email != email or user.locked_at is not None:
        raise InvalidToken
    return user
