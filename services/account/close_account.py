"""Close an account: its personal data is erased, its orders are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind
from services.account.erase_user import erase_user
from services.account.rules import lock_proved, prove_password
from services.address.find_addresses import forget_addresses
from services.audit.record import record
from services.cart.tidy_carts import forget_cart
from services.mail.queue_mail import queue_mail
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.user.find_person import forget_person
from services.user.rows import require_other_admin

PERSONS_KEPT: Final = timedelta(days=31)
"""For so long who closes an account, or is forgotten, and comes back is one person still: for what one may buy."""


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
        if user.person_id is not None:
            await forget_person(session, user.person_id, now + PERSONS_KEPT)
        await erase_user(session, user)
        user.closed_at = now
        queue_mail(session, MailKind.ACCOUNT_CLOSED, now=now, **farewell)  # type: ignore[arg-type]
        record(session, "account.closed", now=now, subject=user.id, client=client)
        return ended

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    await forget_addresses(infra, user_id)
    await forget_cart(infra, user_id)
    return now
