"""Lock an account: nobody signs in to it, and who is signed in is not any more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.enums import TokenPurpose
from models.user import User
from services.audit.record import record
from services.mail.rows import revoke_tokens
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_access_tokens, revoke_sessions
from services.shared.errors import InvalidInput
from services.shared.texts import text_problem
from services.user.rows import ByAdmin, locked_account, require_other_admin

MAX_REASON = 200


async def lock_account(infra: Infra, change: ByAdmin, reason: str) -> User:
    """Lock an account out. Returns it; a locked one stays as it is. Its orders go on.

    Errors: NotFound, LastAdministrator, InvalidInput (reason, or one's own account); StoreUnavailable.
    """
    _check_lock(change, reason)

    async def work(session: AsyncSession) -> tuple[User, Sequence[UUID]]:
        await require_other_admin(session, change.user_id)
        user = await locked_account(session, change.user_id)
        if user.locked_at is not None:
            return user, ()
        now = infra.now()
        user.locked_at = now
        await revoke_tokens(session, user, *TokenPurpose)
        record(
            session,
            "account.locked",
            now=now,
            subject=user.id,
            actor=change.actor,
            client=change.client,
            details={"reason": reason.strip()},
        )
        return user, await end_all_sessions(session, user.id, Reason.ACCOUNT_LOCKED, now)

    user, ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    await revoke_access_tokens(infra, user.id)
    return user


def _check_lock(change: ByAdmin, reason: str) -> None:
    if change.user_id == change.actor_id:
        raise InvalidInput.at("userId", message="nobody locks their own account")
    if not reason.strip():
        raise InvalidInput.at("reason", message="say why")
    if problem := text_problem(reason, MAX_REASON):
        raise InvalidInput.at("reason", message=problem)
