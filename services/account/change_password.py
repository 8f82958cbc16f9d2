"""Change one's password, knowing the old one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.account.rules import lock_proved, prove_password
from services.account.set_password import set_password
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput
from services.user.rules import hash_password, password_problem, turn_to_hash


async def change_password(
    infra: Infra, user_id: UUID, *, old: str, new: str, client: Client = NOWHERE
) -> datetime:
    """Change the password and end all sessions. Returns when it was changed.

    Errors: InvalidInput, InvalidCredentials, TryAgain, StoreUnavailable.
    """
    async with turn_to_hash(str(user_id)):
        proved = await prove_password(infra, user_id, old)
        problem = password_problem(new, proved.email) or ("must differ from the old one" if new == old else None)
        if problem:
            raise InvalidInput.at("newPassword", message=problem)
        password_hash, now = await hash_password(new), infra.now()

    async def work(session: AsyncSession) -> Sequence[UUID]:
        user = await lock_proved(session, proved)
        return await set_password(session, user, password_hash, action="password.changed", now=now, client=client)

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    return now
