"""Close an account: its personal data is erased, its orders are kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import AccountToken, Address, Identity, MailKind, QueuedMail, RefreshSession, User
from services.account.rules import lock_proved, prove_password
from services.address.find_addresses import forget_addresses
from services.audit.record import record
from services.cart.tidy_carts import erase_cart, forget_cart
from services.mail.queue_mail import queue_mail
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.user.index_account import forget_words
from services.user.rows import forget_roles, require_other_admin


async def close_account(infra: Infra, user_id: UUID, *, password: str, client: Client = NOWHERE) -> datetime:
    """Close the account.

    Returns when it was closed. Errors: InvalidCredentials, LastAdministrator, TryAgain, StoreUnavailable.
    """
    proved, now = await prove_password(infra, user_id, password), infra.now()

    async def work(session: AsyncSession) -> Sequence[UUID]:
        await require_other_admin(session, user_id)
        user = await lock_proved(session, proved)
        farewell = {"recipient": user.email, "locale": user.locale, "data": {"name": user.display_name}}
        ended = await end_all_sessions(session, user.id, Reason.ACCOUNT_CLOSED, now)
        await _erase(session, user)
        user.closed_at = now
        queue_mail(session, MailKind.ACCOUNT_CLOSED, now=now, **farewell)  # type: ignore[arg-type]
        record(session, "account.closed", now=now, subject=user.id, client=client)
        return ended

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    await forget_addresses(infra, user_id)
    await forget_cart(infra, user_id)
    return now


async def _erase(session: AsyncSession, user: User) -> None:
    for table in (Address, Identity, AccountToken, RefreshSession):
        await session.execute(delete(table).where(table.user_id == user.id))
    await session.execute(
        delete(QueuedMail).where(or_(QueuedMail.user_id == user.id, QueuedMail.recipient == user.email))
    )
    # Unique like every address, and none that anybody could type in: it has no dot after the @.
    user.email = f"closed-{user.id.hex}@invalid"
    user.display_name = ""
    user.password_hash = ""
    user.roles = []
    await forget_words(session, [user.id])
    await forget_roles(session, user.id)
    await erase_cart(session, user.id)
    user.locale = "en"
    user.email_verified_at = None
