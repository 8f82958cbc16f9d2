"""Open a session for a user who has proven themselves in another way than by the password."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import User
from services.audit.record import record
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn, new_session
from services.session.rules import may_sign_in
from services.shared.client import Client
from services.shared.errors import InvalidCredentials


async def open_session(infra: Infra, tokens: AccessTokens, user_id: UUID, client: Client) -> SignedIn:
    """Errors: InvalidCredentials for an account that is locked, closed or not there; StoreUnavailable."""

    async def work(session: AsyncSession) -> SignedIn | None:
        user = await session.get(User, user_id, with_for_update=True)
        if user is None or not may_sign_in(user):
            return None
        started = new_session(infra, tokens, user, client)
        session.add(started.row)
        method = {"method": "provider"}
        record(session, "session.opened", now=infra.now(), subject=user.id, client=client, details=method)
        return SignedIn(user, started.tokens)

    signed_in = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    if signed_in is None:
        raise InvalidCredentials("This account cannot be signed in to.")
    return signed_in
